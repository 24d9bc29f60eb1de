package api

import "net/http"

// tooMany is of routes that ask for no credential and bear only so many wrong tries.
var tooMany = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests}

var signInOperations = map[string]operation{
	"POST /v1/sign-in": {
		id: "signIn", summary: "Sign a browser in", about: "The answer sets the cookie. It replaces the browser's sign-in of before.",
		in: of[signInInput](), out: of[meView](), fails: tooMany,
	},
	"POST /v1/sign-out": {id: "signOut", summary: "Sign this browser out", status: http.StatusNoContent, fails: []int{http.StatusForbidden}},
	"GET /v1/invitation": {
		id: "getInvitation", summary: "Show whose a one-time link is",
		about: "The token, what stands behind the link's #, comes as a credential: `Authorization: Bearer …`. The link stays as it is.",
		out:   of[invitationView](), fails: append([]int{http.StatusNotFound}, tooMany...),
	},
	"POST /v1/invitation": {
		id: "acceptInvitation", summary: "Use a one-time link: set a password, and sign in",
		about: "The token, what stands behind the link's #, comes as a credential: `Authorization: Bearer …`.",
		in:    of[acceptInput](), out: of[meView](), fails: append([]int{http.StatusNotFound, http.StatusConflict}, tooMany...),
	},

	"GET /v1/me":   {id: "getMe", summary: "Show who asks, and what they may do", out: of[meView]()},
	"PATCH /v1/me": {id: "updateMe", summary: "Change one's own password", in: of[meInput](), out: of[meView](), fails: conflict},
	"GET /v1/me/sign-ins": {
		id: "listSignIns", summary: "List the browsers in which one is signed in", about: "All of them: there is no second page.", out: of[list[signInView]](),
	},
	"DELETE /v1/me/sign-ins/{id}": {id: "endSignIn", summary: "Sign out in some browser", status: http.StatusNoContent},

	"POST /v1/people": {
		id: "createPerson", summary: "Add somebody who administers the account", about: "An invitation lets them in.",
		in: of[personInput](), status: http.StatusCreated, out: of[personView](), fails: conflict,
	},
	"GET /v1/people":         {id: "listPeople", summary: "List who administers the account", list: true, out: of[list[personView]]()},
	"GET /v1/people/{id}":    {id: "getPerson", summary: "Show somebody who administers the account", out: of[personView]()},
	"PATCH /v1/people/{id}":  {id: "updatePerson", summary: "Change or switch off somebody who administers the account", in: of[personInput](), out: of[personView](), fails: conflict},
	"DELETE /v1/people/{id}": {id: "deletePerson", summary: "Delete somebody who administers the account", about: "Their sign-ins end at once.", status: http.StatusNoContent, fails: conflict},
	"POST /v1/people/{id}/invitation": {
		id: "invitePerson", summary: "Make a one-time link for somebody who administers the account",
		about: "With it they choose a password, the first or another one. It replaces the link of before.", status: http.StatusCreated, out: of[linkView](), fails: conflict,
	},
	"POST /v1/organizations/{orgid}/users/{id}/invitation": {
		id: "inviteUser", summary: "Make a one-time link for a user",
		about: "With it they choose a password, the first or another one. It replaces the link of before.", status: http.StatusCreated, out: of[linkView](), fails: conflict,
	},

	"GET /v1/audit": {
		id: "listAudit", summary: "List who changed what", about: "The newest first. A key of an organization sees its organization's part.", list: true, out: of[list[auditView]](),
		query: []param{
			{name: "orgid", about: "Only of this organization."},
			{name: "who", about: "Only what the key or the person of this id did."},
			{name: "what", about: "Only this, as in organization.created."},
		},
		fails: []int{http.StatusNotFound},
	},
}
