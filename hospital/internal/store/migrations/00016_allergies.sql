-- Allergies are the person's, whatever stay they were told in.

-- +goose Up

-- A JSON list of {"allergen", "severe", "noted_by", "noted_at"}, and NULL where nobody ever asked.
ALTER TABLE patient ADD COLUMN allergies TEXT;

-- Whether somebody has confirmed or changed the patient's allergies in this admission.
ALTER TABLE admission ADD COLUMN allergies_confirmed BOOLEAN NOT NULL DEFAULT FALSE;

-- What a patient needs to eat begins as in the last admission, and a record lists all of them.
CREATE INDEX admission_of_patient ON admission (patient_id, admitted_at);

-- Each allergy of each admission. Who noted it, and when, is in the audit: the last change of the
-- diet that has it after it and not before, else the admission itself.
CREATE TABLE told_allergy AS
WITH allergen (code) AS (VALUES ('gluten'), ('crustaceans'), ('eggs'), ('fish'), ('peanuts'),
	('soya'), ('milk'), ('nuts'), ('celery'), ('mustard'), ('sesame'), ('sulphites'), ('lupin'),
	('molluscs'))
SELECT admission.id AS admission_id, admission.patient_id, admission.admitted_at, allergen.code,
	CASE WHEN admission.discharged_at IS NULL THEN 1 ELSE 0 END AS present,
	CASE WHEN admission.allergies LIKE '%"severe":%"' || allergen.code || '"%'
		THEN 1 ELSE 0 END AS severe,
	(SELECT MAX(audit.id) FROM audit
		WHERE audit.entity = 'admission' AND audit.entity_id = admission.id
		AND audit.action = 'admission.diet'
		AND REPLACE(REPLACE(audit.to_state, '=', ','), ' ', ',') || ',' LIKE '%,' || allergen.code || ',%'
		AND REPLACE(REPLACE(audit.from_state, '=', ','), ' ', ',') || ','
			NOT LIKE '%,' || allergen.code || ',%'
	) AS changed_in,
	(SELECT MIN(audit.id) FROM audit
		WHERE audit.entity = 'admission' AND audit.entity_id = admission.id
		AND audit.action = 'admission.admit'
	) AS admitted_in
FROM admission JOIN allergen ON admission.allergies LIKE '%"' || allergen.code || '"%';

-- For each allergy of a patient: whether it was ever severe, and the admission that says who noted
-- it, which is the open one if it has it, else the latest.
CREATE TABLE moved_allergy AS
SELECT told.patient_id, told.code, told.severe, COALESCE(audit.actor, '') AS noted_by,
	COALESCE(audit.at, told.admitted_at) AS noted_at
FROM (SELECT patient_id, code, admitted_at, COALESCE(changed_in, admitted_in) AS line,
		MAX(severe) OVER (PARTITION BY patient_id, code) AS severe,
		ROW_NUMBER() OVER (PARTITION BY patient_id, code
			ORDER BY present DESC, admitted_at DESC, admission_id DESC) AS place
	FROM told_allergy) AS told
LEFT JOIN audit ON audit.id = told.line
WHERE told.place = 1;
CREATE INDEX moved_allergy_patient ON moved_allergy (patient_id, code);
CREATE INDEX told_allergy_admission ON told_allergy (admission_id, code);

UPDATE patient SET allergies = COALESCE((
	SELECT '[' || string_agg('{"allergen":"' || code || '","severe":'
			|| CASE severe WHEN 1 THEN 'true' ELSE 'false' END || ',"noted_by":"' || noted_by
			|| '","noted_at":' || noted_at || '}', ',' ORDER BY code) || ']'
	FROM moved_allergy WHERE moved_allergy.patient_id = patient.id), '[]')
WHERE id IN (SELECT patient_id FROM admission WHERE allergies IS NOT NULL);

-- What an admission says itself is confirmed in it, unless an earlier one knew of more or of worse.
UPDATE admission SET allergies_confirmed = TRUE
WHERE allergies IS NOT NULL AND NOT EXISTS (
	SELECT 1 FROM moved_allergy
	LEFT JOIN told_allergy ON told_allergy.admission_id = admission.id
		AND told_allergy.code = moved_allergy.code AND told_allergy.severe = moved_allergy.severe
	WHERE moved_allergy.patient_id = admission.patient_id AND told_allergy.code IS NULL);

DROP TABLE told_allergy;
DROP TABLE moved_allergy;
ALTER TABLE admission DROP COLUMN allergies;

-- +goose Down
ALTER TABLE admission ADD COLUMN allergies TEXT;
CREATE TABLE person_allergy AS
WITH allergen (code) AS (VALUES ('gluten'), ('crustaceans'), ('eggs'), ('fish'), ('peanuts'),
	('soya'), ('milk'), ('nuts'), ('celery'), ('mustard'), ('sesame'), ('sulphites'), ('lupin'),
	('molluscs'))
SELECT patient.id AS patient_id, allergen.code,
	CASE WHEN patient.allergies LIKE '%"' || allergen.code || '","severe":true%'
		THEN 1 ELSE 0 END AS severe
FROM patient JOIN allergen ON patient.allergies LIKE '%"allergen":"' || allergen.code || '"%';
CREATE INDEX person_allergy_patient ON person_allergy (patient_id);
UPDATE admission SET allergies = '{"allergens":[' || COALESCE((
		SELECT string_agg('"' || code || '"', ',' ORDER BY code) FROM person_allergy
		WHERE person_allergy.patient_id = admission.patient_id), '') || '],"severe":[' || COALESCE((
		SELECT string_agg('"' || code || '"', ',' ORDER BY code) FROM person_allergy
		WHERE person_allergy.patient_id = admission.patient_id AND severe = 1), '') || ']}'
WHERE patient_id IN (SELECT id FROM patient WHERE allergies IS NOT NULL);
DROP TABLE person_allergy;
DROP INDEX admission_of_patient;
ALTER TABLE admission DROP COLUMN allergies_confirmed;
ALTER TABLE patient DROP COLUMN allergies;
