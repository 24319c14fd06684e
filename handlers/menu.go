package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"

	"github.com/labstack/echo/v4"

	"dusangire/hospital"
	"dusangire/views"
	"dusangire/views/text"
)

// menu is GET /admissions/{id}/menu/?meal=lunch and /addresses/{id}/menu/: what can be ordered for
// a patient, or to an address. Without a meal it is the next one.
func (s *Server) menu(of func(id int64) (admissionID, addressID int64)) echo.HandlerFunc {
	return func(c echo.Context) error {
		id, err := pathID(c)
		if err != nil {
			return err
		}
		admissionID, addressID := of(id)
		ctx, meal := c.Request().Context(), hospital.Meal(c.QueryParam("meal"))
		offer, err := s.Hospital.Offer(ctx, actor(c), admissionID, addressID, meal)
		if err != nil {
			return err
		}
		return represent(c, func() (any, error) { return newOfferJSON(ctx, offer), nil },
			func() error { return s.renderMenu(c, http.StatusOK, offer, views.Form{}) })
	}
}

func ofAdmission(id int64) (admissionID, addressID int64) { return id, 0 }
func ofAddress(id int64) (admissionID, addressID int64)   { return 0, id }

func (s *Server) renderMenu(c echo.Context, status int, offer hospital.Offer,
	form views.Form) error {
	// A title stays in the browser's history, where a name has no place.
	page, err := s.page(c, text.T(c.Request().Context(), "home.order"))
	if err != nil {
		return err
	}
	form.Key = cmp.Or(form.Key, rand.Text())
	return render(c, status, views.MenuPage(page, offer, form))
}

// offerJSON is what can be ordered, for programs.
type offerJSON struct {
	AdmissionID *int64        `json:"admission_id"`
	AddressID   *int64        `json:"address_id"`
	Meal        string        `json:"meal"`
	Charge      int           `json:"charge"` // for bringing it to the address
	Servings    []servingJSON `json:"servings"`
	Items       []offeredJSON `json:"items"`
}

type servingJSON struct {
	Meal  string  `json:"meal"`
	DueAt *string `json:"due_at"`
	Late  bool    `json:"late"`
}

// offeredJSON is a dish of a menu; where hazards is not empty it will be refused.
type offeredJSON struct {
	ID         int64               `json:"id"`
	Name       string              `json:"name"` // in the reader's language
	Price      int                 `json:"price"`
	Allergens  []hospital.Allergen `json:"allergens"`
	MayContain []hospital.Allergen `json:"may_contain"`
	Diets      []hospital.Diet     `json:"diets"`
	Textures   []hospital.Texture  `json:"textures"`
	Nutrition  nutritionJSON       `json:"nutrition"`
	Hazards    []hazardJSON        `json:"hazards"`
}

// nutritionJSON is what a serving has.
type nutritionJSON struct {
	EnergyKcal    int `json:"energy_kcal"`
	ProteinG      int `json:"protein_g"`
	CarbohydrateG int `json:"carbohydrate_g"`
	FatG          int `json:"fat_g"`
	SodiumMg      int `json:"sodium_mg"`
	PotassiumMg   int `json:"potassium_mg"`
}

func newOfferJSON(ctx context.Context, o hospital.Offer) offerJSON {
	offer := offerJSON{
		AdmissionID: idOrNull(o.Admission.AdmissionID), AddressID: idOrNull(o.Address.ID),
		Meal: string(o.Meal), Charge: o.Address.Zone.Charge,
		Items: eachIn(ctx, o.Dishes, newOfferedJSON),
	}
	for _, s := range o.Servings {
		offer.Servings = append(offer.Servings, servingJSON{string(s.Meal), rfc3339(s.Due), s.Late})
	}
	return offer
}

func newOfferedJSON(ctx context.Context, d hospital.OfferedDish) offeredJSON {
	return offeredJSON{d.ID, text.Dish(ctx, d.Name), d.Price,
		orEmpty(d.Allergens), orEmpty(d.MayContain), orEmpty(d.Diets), orEmpty(d.Textures),
		nutritionJSON(d.Nutrition), newHazardsJSON(ctx, d.Hazards)}
}
