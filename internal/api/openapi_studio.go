package api

var studioOperations = map[string]operation{
	"POST /v1/studio/lint":   {id: "lintDraft", summary: "Check a draft", in: of[draft](), out: of[lintView]()},
	"POST /v1/studio/format": {id: "formatDraft", summary: "Write a draft in canonical form", about: "Members that nobody reads stay; comments, which JSON does not know, go.", in: of[draft](), out: of[formatView]()},
	"POST /v1/studio/new":    {id: "beginDraft", summary: "Begin a service file", about: "Of the base format, or of a service that is there, under another id.", in: of[newInput](), out: of[beginView]()},
	"POST /v1/studio/render": {id: "renderDraft", summary: "Show the requests that a draft makes", about: "As a provider would get them. What is given as a secret is masked.", in: of[sampleInput](), out: of[renderView]()},
	"POST /v1/studio/response": {
		id: "readDraftAnswer", summary: "Show what a draft makes of a provider's answer", in: of[responseInput](), out: of[responseView](),
	},
	"POST /v1/studio/explain": {
		id: "explainDraft", summary: "Show what a draft makes of a callback, and why", in: of[explainInput](), out: of[explainView](),
	},
	"POST /v1/studio/test":  {id: "testDraft", summary: "Run the tests in a draft", in: of[draft](), out: of[testedView]()},
	"POST /v1/studio/infer": {id: "inferDraft", summary: "Draft a service file from callbacks", about: "With the reason for each choice.", in: of[inferInput](), out: of[inferView]()},
}
