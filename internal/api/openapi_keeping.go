package api

// keepingOperations are about what is kept and for how long.
var keepingOperations = map[string]operation{
	"GET /v1/account": {id: "getAccount", summary: "Show the account", out: of[accountView]()},
	"PATCH /v1/account": {
		id: "updateAccount", summary: "Change the account", about: "Its retention is that of every organization that has none of its own.", in: of[accountInput](), out: of[accountView](),
	},
}
