package api

import (
	"reflect"

	"patchbay/internal/audit"
	"patchbay/internal/conversation"
	"patchbay/internal/directory"
	"patchbay/internal/fault"
	"patchbay/internal/infer"
	"patchbay/internal/message"
	"patchbay/internal/notify"
	"patchbay/internal/service"
	"patchbay/internal/studio"
)

// wordsOf are the texts that a type can be: each is a schema of its own.
var wordsOf = map[reflect.Type][]string{
	of[message.Status]():        texts(message.Statuses),
	of[message.Direction]():     {string(message.Outbound), string(message.Inbound)},
	of[message.Outcome]():       texts([]message.Outcome{message.Accepted, message.Refused, message.Busy, message.Unreached, message.Maybe}),
	of[message.CallbackState](): texts([]message.CallbackState{message.CallbackPending, message.CallbackDone, message.CallbackUnmatched}),
	of[message.MediaState]():    texts([]message.MediaState{message.MediaPending, message.MediaStored, message.MediaFailed, message.MediaBlocked}),
	of[audit.By]():              texts([]audit.By{audit.ByPerson, audit.ByKey, audit.ByCommand, audit.ByNobody}),
	of[service.EventType](): texts([]service.EventType{
		service.EventMessage, service.EventSent, service.EventDelivered, service.EventFailed, service.EventRead, service.EventTyping, service.EventOptOut,
		service.EventHandshake, service.EventIgnore,
	}),
	of[directory.Role](): texts([]directory.Role{directory.AccountAdmin, directory.OrgAdmin, directory.UserRole}),
	of[fault.Code](): texts([]fault.Code{
		fault.Invalid, fault.Unauthenticated, fault.Forbidden, fault.NotFound, fault.Conflict, fault.TooLarge, fault.TooMany, fault.Unavailable, fault.Internal,
	}),
}

// namesOf are the schemas whose type is called otherwise: by the rule a type fooView is Foo, and list[fooView] is FooList.
var namesOf = map[reflect.Type]string{
	of[fault.Problem]():         "Mistake",
	of[fault.Code]():            "ProblemCode",
	of[message.Change]():        "StatusChange",
	of[service.Property]():      "ServiceProperty",
	of[conversation.OptOut]():   "OptOutSettings",
	of[message.Status]():        "MessageStatus",
	of[acceptedView]():          "MessageAccepted",
	of[notify.ErrorView]():      "MessageError",
	of[notify.EditView]():       "MessageEdit",
	of[draft]():                 "Draft",
	of[problemView]():           "DraftProblem",
	of[lintView]():              "DraftLint",
	of[formatView]():            "DraftFormatted",
	of[newInput]():              "DraftInput",
	of[beginView]():             "DraftBegun",
	of[sampleInput]():           "DraftSample",
	of[renderView]():            "DraftRequests",
	of[responseInput]():         "DraftAnswerInput",
	of[responseView]():          "DraftAnswer",
	of[explainInput]():          "DraftCallbackInput",
	of[explainView]():           "DraftCallback",
	of[inferInput]():            "InferInput",
	of[inferView]():             "Inferred",
	of[infer.Model]():           "InferredModel",
	of[infer.Choice]():          "InferredChoice",
	of[infer.Unread]():          "InferredUnread",
	of[testedView]():            "DraftTests",
	of[testView]():              "DraftTest",
	of[failureView]():           "DraftTestFailure",
	of[coverageView]():          "DraftCoverage",
	of[missedView]():            "DraftMissed",
	of[requestInput]():          "CapturedRequest",
	of[diffView]():              "ServiceDiff",
	of[hunkView]():              "ServiceDiffHunk",
	of[lineView]():              "ServiceDiffLine",
	of[studio.Rendered]():       "RenderedRequest",
	of[service.Event]():         "CallbackEvent",
	of[service.File]():          "CallbackFile",
	of[service.Reading]():       "CallbackReading",
	of[service.Explanation]():   "CallbackExplanation",
	of[service.ModelVerdict]():  "CallbackVerdict",
	of[service.AnswerVerdict](): "AnswerVerdict",
	of[entryView]():             "ConversationEntry",
	of[messageInView]():         "ConversationMessage",
	of[lastView]():              "LastMessage",
	of[openingInput]():          "ConversationInput",
	of[meOrg]():                 "MeOrganization",
	of[acceptInput]():           "InvitationInput",
	of[auditView]():             "AuditEntry",
	of[audit.By]():              "AuditByKind",
	of[saidError]():             "ProviderError",
	of[valueSet]():              "PropertyState",
	of[reportView]():            "ProviderReport",
	of[versionView]():           "ServiceVersion",
	of[versionDetail]():         "ServiceVersionDetail",
	of[acceptedFile]():          "ServiceAccepted",
	of[message.Doing]():         "ConversationChange",
}

// wordLists are the words that a member can be whose list stands elsewhere, by the tag `words`.
var wordLists = map[string][]string{"notifications": notify.Types}

// oneOf are the types of what is one of several.
var oneOf = map[reflect.Type][]reflect.Type{
	of[entryView](): {of[messageInView](), of[noteView]()},
}

// standsFor is what a member of raw JSON is, where its tag `as` says so.
var standsFor = map[string]standIn{
	"optout":    {of: of[conversation.OptOut](), use: asKept},
	"autoreply": {of: of[[]conversation.AutoReply](), use: asKept},
	"failover":  {of: of[failoverInput](), use: asInput, null: true},
	"cap":       {of: of[capInput](), use: asInput, null: true},
	"choice":    {of: of[bool](), null: true},
	"days":      {of: of[int](), null: true},
}

type standIn struct {
	of   reflect.Type
	use  use
	null bool // null says something of its own
}

func of[T any]() reflect.Type { return reflect.TypeFor[T]() }

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = string(t)
	}
	return out
}
