package hospital

import "strconv"

// Topic names a thing whose change matters to someone. Its revision counts its changes.
type Topic string

// MetricsTopic moves with everything that can change the hospital's numbers or the lists on the ward roles' dashboards.
const MetricsTopic Topic = "metrics"

// WardTopic is one ward's board: its beds, who lies in them, its counts.
func WardTopic(wardID int64) Topic { return Topic("ward:" + strconv.FormatInt(wardID, 10)) }

// UserTopic moves when a person's right to be here may have changed: sign-out, a new password or role, disabled.
func UserTopic(userID int64) Topic { return Topic("user:" + strconv.FormatInt(userID, 10)) }

// Revisions says at which revision each of some topics stands in which life of the database.
type Revisions struct {
	Epoch  string          // random; another one after a backup was restored, and then numbers compare with nothing before
	Topics map[Topic]int64 // a topic that never moved stands at 0
}
