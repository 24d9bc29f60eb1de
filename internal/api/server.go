// Package api is what the outside sees: REST under /v1, the Messaging API at /api, providers' callbacks, media links, health and metrics.
// It decides nothing about messages; it finds out who asks, reads what they ask, hands over, and turns faults into HTTP in one place.
package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"patchbay/internal/access"
	"patchbay/internal/credential"
	"patchbay/internal/directory"
	"patchbay/internal/inbound"
	"patchbay/internal/message"
	"patchbay/internal/notify"
	"patchbay/internal/service"
	"patchbay/internal/store"
	"patchbay/web"
)

// Keys, Organizations and the like are what the handlers need kept, a noun each. The store satisfies them all.
type (
	Keys interface {
		KeyByHash(ctx context.Context, hash [32]byte) (*directory.Key, error)
		CreateKey(ctx context.Context, k *directory.Key, hash [32]byte) error
		Keys(ctx context.Context, accountID string, p store.Page) ([]directory.Key, string, error)
		DeleteKey(ctx context.Context, accountID, id string) error
	}
	Organizations interface {
		CreateOrganization(ctx context.Context, o *directory.Organization) error
		Organization(ctx context.Context, accountID, id string) (*directory.Organization, error)
		OrganizationByDomain(ctx context.Context, accountID, domain string) (*directory.Organization, error)
		Organizations(ctx context.Context, accountID string, p store.Page) ([]directory.Organization, string, error)
		UpdateOrganization(ctx context.Context, o *directory.Organization) error
		DeleteOrganization(ctx context.Context, accountID, id string) error
	}
	Users interface {
		CreateUser(ctx context.Context, u *directory.User) error
		CreateUsers(ctx context.Context, list []*directory.User) error
		User(ctx context.Context, accountID, id string) (*directory.User, error)
		UserByExtension(ctx context.Context, accountID, orgID, extension string) (*directory.User, error)
		Users(ctx context.Context, accountID, orgID string, p store.Page) ([]directory.User, string, error)
		UpdateUser(ctx context.Context, u *directory.User) error
		DeleteUser(ctx context.Context, accountID, id string) error
	}
	Services interface {
		PutService(ctx context.Context, accountID, serviceID, version string, source []byte) error
		Services(ctx context.Context, accountID string) ([]store.ServiceRow, error)
		DeleteService(ctx context.Context, accountID, serviceID string) error
		ServiceSource(ctx context.Context, accountID, serviceID, version string) (source []byte, ver string, err error)
		ServiceVersions(ctx context.Context, accountID, serviceID string) ([]store.ServiceVersion, error)
		SetServiceVersion(ctx context.Context, accountID, serviceID, version string) error
	}
	Integrations interface {
		PutIntegration(ctx context.Context, i *directory.Integration) error
		IntegrationOf(ctx context.Context, accountID, orgID, serviceID string) (*directory.Integration, error)
		Integrations(ctx context.Context, accountID, orgID string, p store.Page) ([]directory.Integration, string, error)
		IntegrationsOfService(ctx context.Context, accountID, serviceID string) ([]directory.Integration, error)
		DeleteIntegration(ctx context.Context, accountID, id string) error
		Attention(ctx context.Context, accountID, orgID string) (map[string][]directory.Attention, error)
		Integration(ctx context.Context, accountID, id string) (*directory.Integration, error)
		DailyCount(ctx context.Context, owner string, now time.Time) (directory.Cap, error)
		Pauses(ctx context.Context, accountID, orgID string) (map[string]directory.Pause, error)
		PauseIntegration(ctx context.Context, accountID, integrationID, by, reason string) error
		ResumeIntegration(ctx context.Context, accountID, integrationID string) error
	}
	Numbers interface {
		CreateNumber(ctx context.Context, n *directory.Number) error
		CreateNumbers(ctx context.Context, list []*directory.Number) error
		Number(ctx context.Context, accountID, id string) (*directory.Number, error)
		NumberByValue(ctx context.Context, accountID, value string) (*directory.Number, error)
		Numbers(ctx context.Context, accountID, orgID string, p store.Page) ([]directory.Number, string, error)
		NumbersOfIntegration(ctx context.Context, accountID, integrationID string) ([]directory.Number, error)
		NumbersOfUser(ctx context.Context, accountID, userID string, most int) ([]directory.Number, error)
		UpdateNumber(ctx context.Context, n *directory.Number) error
		DeleteNumber(ctx context.Context, accountID, id string) error
	}
	Messages interface {
		Message(ctx context.Context, accountID, id string) (*message.View, error)
		Usage(ctx context.Context, f message.UsageFilter) ([]message.Usage, error)
		Days(ctx context.Context, f message.UsageFilter) ([]message.Day, error)
		Failures(ctx context.Context, f message.UsageFilter, most int) ([]message.Failures, error)
		OrganizationCounts(ctx context.Context, accountID, orgID string, day time.Time) (store.OrganizationCounts, error)
		Messages(ctx context.Context, f message.Filter, p store.Page) ([]message.View, string, error)
		Conversation(ctx context.Context, accountID, id string) (*directory.Conversation, error)
	}
	Callbacks interface {
		Callback(ctx context.Context, accountID, id string) (*message.Callback, error)
		Callbacks(ctx context.Context, accountID string, unmatchedOnly bool, p store.Page) ([]message.Callback, string, error)
	}
	Webhooks interface {
		CreateWebhook(ctx context.Context, w *directory.Webhook) error
		Webhook(ctx context.Context, accountID, id string) (*directory.Webhook, error)
		Webhooks(ctx context.Context, accountID string, p store.Page) ([]directory.Webhook, string, error)
		DeleteWebhook(ctx context.Context, accountID, id string) error
	}
)

// Store is all of them.
type Store interface {
	Keys
	Organizations
	Users
	Services
	Integrations
	Numbers
	Contacts
	Messages
	Callbacks
	Webhooks
	Arrivals
	Belongings
	Inboxes
	OptOuts
	Uploads
	SignIns
	People
	Audit
	Accounts
	Hooks
}

// Shelf finds services: an account's own, then the catalogue's.
type Shelf interface {
	Get(ctx context.Context, accountID, serviceID, version string) (*service.Service, error)
	Catalogue() []*service.Service
	Forget(accountID, serviceID string)
}

// Inbound takes callbacks.
type Inbound interface {
	Receive(ctx context.Context, r inbound.Request) inbound.Answer
	Replay(ctx context.Context, accountID, id string) (*message.Callback, error)
	Counters() *inbound.Counters
}

// Options is everything the faces stand on.
type Options struct {
	Store       Store
	Shelf       Shelf
	Outbound    Outbound
	Inbound     Inbound
	Credentials Credentials
	Providers   Providers
	Media       http.Handler
	Files       Files // keeps uploads
	Eraser      Eraser
	Link        notify.Link // the address behind which a file is shown
	Stream      *notify.Hub

	PublicURL string                          // without a slash at its end: what providers and programs call us by
	Ready     func(ctx context.Context) error // nil: ready as long as we answer
	Counts    []Count
	Proxies   []netip.Prefix // whose word about where a request comes from is taken
	Log       *slog.Logger
}

// Server answers every request.
type Server struct {
	o       Options
	mux     *http.ServeMux
	metrics *metrics
	pages   *pages
	overTLS bool

	enabling  sync.Mutex // one integration is read, merged and written at a time
	passwords *access.Passwords
	limits    limits
	crossing  *http.CrossOriginProtection
	typing    typists
	drafts    chan struct{} // one in it for each question of the studio that is worked on
	reference func() (*pageFile, error)
	proxies   atomic.Pointer[[]netip.Prefix]
	running   running // idempotency keys whose first request has not been answered
}

// New builds the router from the access matrix.
func New(o Options) (*Server, error) {
	switch {
	case o.Store == nil, o.Shelf == nil, o.Outbound == nil, o.Inbound == nil, o.Credentials == nil, o.Providers == nil, o.Media == nil, o.Files == nil, o.Eraser == nil, o.Link == nil, o.Stream == nil:
		return nil, errors.New("api: a room is missing")
	case !strings.HasPrefix(o.PublicURL, "http://") && !strings.HasPrefix(o.PublicURL, "https://"), strings.HasSuffix(o.PublicURL, "/"):
		return nil, errors.New("api: the public URL begins with http:// or https:// and has no slash at its end")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{o: o, metrics: newMetrics(o.Counts), overTLS: strings.HasPrefix(o.PublicURL, "https://"), passwords: access.NewPasswords(), limits: newLimits()}
	s.Trust(o.Proxies)
	s.drafts = make(chan struct{}, draftsAtOnce)
	s.reference = sync.OnceValues(func() (*pageFile, error) { return newReference(o.PublicURL) })
	var err error
	if s.crossing, err = crossing(o.PublicURL); err != nil {
		return nil, err
	}
	if s.pages, err = openPages(web.Files()); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if err := s.build(access.Matrix, s.handlers()); err != nil {
		return nil, err
	}
	if _, err := OpenAPI(); err != nil {
		return nil, err
	}
	return s, nil
}

// Trust says whose word about where a request comes from is taken, from the next request on.
func (s *Server) Trust(proxies []netip.Prefix) { s.proxies.Store(&proxies) }

// handlers is what answers each line of the access matrix.
func (s *Server) handlers() map[string]handler {
	return map[string]handler{
		"GET /healthz": s.healthz,
		"GET /readyz":  s.readyz,
		"GET /metrics": s.showMetrics,

		"/services/{service_id}/{account}":          s.callback,
		"/services/{service_id}/{account}/{key...}": s.callback,
		"GET /media/{link...}":                      s.media,
		"GET " + credential.CallbackPath:            s.oauthCallback,
		"GET " + service.SchemaPath:                 s.schema,

		"GET /{$}":              s.showPage,
		"GET /sign-in":          s.showPage,
		"GET /welcome":          s.showPage,
		"GET /inbox":            s.showPage,
		"GET /inbox/{page...}":  s.showPage,
		"GET /portal":           s.showPage,
		"GET /portal/{page...}": s.showPage,
		"GET /assets/{file}":    s.pageAsset,
		"GET /favicon.svg":      s.pageAsset,
		"GET /theme.js":         s.pageAsset,

		"GET /v1/openapi.json": s.openAPI,
		"GET /v1/docs":         s.showReference,

		rpcMethod + " " + rpcPattern: s.rpc,
		"GET /integrations":          s.enableByQuery,

		"POST /v1/sign-in":    s.sameOrigin(s.signIn),
		"POST /v1/sign-out":   s.sameOrigin(s.signOut),
		"GET /v1/invitation":  s.getInvitation,
		"POST /v1/invitation": s.sameOrigin(s.acceptInvitation),

		"GET /v1/me":                      s.getMe,
		"PATCH /v1/me":                    s.updateMe,
		"GET /v1/me/sign-ins":             s.listSignIns,
		"DELETE /v1/me/sign-ins/{id}":     s.endSignIn,
		"POST /v1/people":                 s.createPerson,
		"GET /v1/people":                  s.listPeople,
		"GET /v1/people/{id}":             s.getPerson,
		"PATCH /v1/people/{id}":           s.updatePerson,
		"DELETE /v1/people/{id}":          s.deletePerson,
		"POST /v1/people/{id}/invitation": s.invitePerson,

		"GET /v1/audit": s.listAudit,

		"GET /v1/services":                 s.listServices,
		"GET /v1/services/{service_id}":    s.getService,
		"PUT /v1/services/{service_id}":    s.putService,
		"DELETE /v1/services/{service_id}": s.deleteService,

		"GET /v1/services/{service_id}/versions":           s.listVersions,
		"GET /v1/services/{service_id}/versions/{version}": s.getVersion,
		"POST /v1/services/{service_id}/rollback":          s.rollbackService,

		"GET /v1/services/{service_id}/versions/{version}/diff/{other}": s.diffVersions,

		"POST /v1/studio/lint":     s.studioLint,
		"POST /v1/studio/format":   s.studioFormat,
		"POST /v1/studio/new":      s.studioNew,
		"POST /v1/studio/render":   s.studioRender,
		"POST /v1/studio/response": s.studioResponse,
		"POST /v1/studio/explain":  s.studioExplain,
		"POST /v1/studio/test":     s.studioTest,
		"POST /v1/studio/infer":    s.studioInfer,
		"GET /v1/account":          s.getAccount,
		"PATCH /v1/account":        s.updateAccount,

		"POST /v1/organizations":           s.createOrganization,
		"GET /v1/organizations":            s.listOrganizations,
		"GET /v1/organizations/{orgid}":    s.inOrganization(s.getOrganization),
		"PATCH /v1/organizations/{orgid}":  s.inOrganization(s.updateOrganization),
		"DELETE /v1/organizations/{orgid}": s.inOrganization(s.deleteOrganization),

		"POST /v1/organizations/{orgid}/users.csv":    s.inOrganization(s.importUsers),
		"GET /v1/organizations/{orgid}/users.csv":     s.inOrganization(s.exportUsers),
		"POST /v1/organizations/{orgid}/numbers.csv":  s.inOrganization(s.importNumbers),
		"GET /v1/organizations/{orgid}/numbers.csv":   s.inOrganization(s.exportNumbers),
		"POST /v1/organizations/{orgid}/users":        s.inOrganization(s.createUser),
		"GET /v1/organizations/{orgid}/users":         s.inOrganization(s.listUsers),
		"GET /v1/organizations/{orgid}/users/{id}":    s.inOrganization(s.getUser),
		"PATCH /v1/organizations/{orgid}/users/{id}":  s.inOrganization(s.updateUser),
		"DELETE /v1/organizations/{orgid}/users/{id}": s.inOrganization(s.deleteUser),

		"POST /v1/organizations/{orgid}/users/{id}/invitation": s.inOrganization(s.inviteUser),

		"PUT /v1/organizations/{orgid}/integrations/{service_id}":          s.inOrganization(s.putIntegration),
		"GET /v1/organizations/{orgid}/integrations":                       s.inOrganization(s.listIntegrations),
		"GET /v1/organizations/{orgid}/integrations/{service_id}":          s.inOrganization(s.getIntegration),
		"DELETE /v1/organizations/{orgid}/integrations/{service_id}":       s.inOrganization(s.deleteIntegration),
		"POST /v1/organizations/{orgid}/integrations/{service_id}/check":   s.inOrganization(s.checkIntegration),
		"POST /v1/organizations/{orgid}/integrations/{service_id}/webhook": s.inOrganization(s.registerIntegration),

		"POST /v1/organizations/{orgid}/integrations/{service_id}/pause": s.inOrganization(s.pauseIntegration),

		"POST /v1/organizations/{orgid}/integrations/{service_id}/resume": s.inOrganization(s.resumeIntegration),

		"POST /v1/organizations/{orgid}/numbers":        s.inOrganization(s.createNumber),
		"GET /v1/organizations/{orgid}/numbers":         s.inOrganization(s.listNumbers),
		"GET /v1/organizations/{orgid}/numbers/{id}":    s.inOrganization(s.getNumber),
		"PATCH /v1/organizations/{orgid}/numbers/{id}":  s.inOrganization(s.updateNumber),
		"DELETE /v1/organizations/{orgid}/numbers/{id}": s.inOrganization(s.deleteNumber),

		"POST /v1/organizations/{orgid}/contacts":        s.inOrganization(s.createContact),
		"GET /v1/organizations/{orgid}/contacts":         s.inOrganization(s.listContacts),
		"GET /v1/organizations/{orgid}/contacts/{id}":    s.inOrganization(s.getContact),
		"PATCH /v1/organizations/{orgid}/contacts/{id}":  s.inOrganization(s.updateContact),
		"DELETE /v1/organizations/{orgid}/contacts/{id}": s.inOrganization(s.deleteContact),

		"POST /v1/organizations/{orgid}/contacts/{id}/erase": s.inOrganization(s.eraseContact),

		"POST /v1/organizations/{orgid}/optouts":        s.inOrganization(s.addOptOuts),
		"GET /v1/organizations/{orgid}/optouts":         s.inOrganization(s.listOptOuts),
		"GET /v1/organizations/{orgid}/optouts/{id}":    s.inOrganization(s.getOptOut),
		"DELETE /v1/organizations/{orgid}/optouts/{id}": s.inOrganization(s.removeOptOut),
		"GET /v1/organizations/{orgid}/optout-events":   s.inOrganization(s.listOptOutEvents),

		"GET /v1/messages.csv":           s.exportMessages,
		"GET /v1/stats":                  s.stats,
		"GET /v1/usage":                  s.usage,
		"GET /v1/usage.csv":              s.exportUsage,
		"GET /v1/dead-letters":           s.listDeadLetters,
		"POST /v1/dead-letters/retry":    s.retryDeadLetters,
		"POST /v1/dead-letters/dismiss":  s.dismissDeadLetters,
		"POST /v1/messages":              s.createMessage,
		"GET /v1/messages":               s.listMessages,
		"GET /v1/messages/{id}":          s.getMessage,
		"DELETE /v1/messages/{id}":       s.deleteMessage,
		"POST /v1/messages/{id}/resend":  s.resendMessage,
		"POST /v1/messages/{id}/dismiss": s.dismissMessage,
		"POST /v1/messages/{id}/cancel":  s.cancelMessage,

		"POST /v1/media":        s.createUpload,
		"GET /v1/media":         s.listUploads,
		"GET /v1/media/{id}":    s.getUpload,
		"DELETE /v1/media/{id}": s.deleteUpload,

		"GET /v1/conversations":      s.listConversations,
		"POST /v1/conversations":     s.openConversation,
		"GET /v1/conversations/{id}": s.getConversation,

		"GET /v1/conversations/{id}/messages":        s.listEntries,
		"GET /v1/conversations/{id}/assignees":       s.listAssignees,
		"POST /v1/conversations/{id}/claim":          s.inConversation(s.claimConversation),
		"POST /v1/conversations/{id}/release":        s.inConversation(s.releaseConversation),
		"POST /v1/conversations/{id}/assign":         s.inConversation(s.assignConversation),
		"POST /v1/conversations/{id}/close":          s.inConversation(s.closeConversation),
		"POST /v1/conversations/{id}/reopen":         s.inConversation(s.reopenConversation),
		"POST /v1/conversations/{id}/read":           s.inConversation(s.readConversation),
		"POST /v1/conversations/{id}/unread":         s.inConversation(s.unreadConversation),
		"POST /v1/conversations/{id}/typing":         s.inConversation(s.typeInConversation),
		"POST /v1/conversations/{id}/notes":          s.inConversation(s.createNote),
		"DELETE /v1/conversations/{id}/notes/{note}": s.deleteNote,

		"GET /v1/search": s.search,

		"GET /v1/callbacks":              s.listCallbacks,
		"GET /v1/callbacks/{id}":         s.getCallback,
		"POST /v1/callbacks/{id}/replay": s.replayCallback,

		"POST /v1/webhooks":        s.createWebhook,
		"GET /v1/webhooks":         s.listWebhooks,
		"GET /v1/webhooks/{id}":    s.getWebhook,
		"DELETE /v1/webhooks/{id}": s.deleteWebhook,

		"PATCH /v1/webhooks/{id}":          s.updateWebhook,
		"GET /v1/webhooks/{id}/deliveries": s.listDeliveries,
		"POST /v1/webhooks/{id}/replay":    s.replayWebhook,
		"POST /v1/webhooks/{id}/rotate":    s.rotateWebhook,
		"POST /v1/webhooks/{id}/pause":     s.pauseWebhook,
		"POST /v1/webhooks/{id}/resume":    s.resumeWebhook,

		"POST /v1/keys":        s.createKey,
		"GET /v1/keys":         s.listKeys,
		"GET /v1/keys/{id}":    s.getKey,
		"DELETE /v1/keys/{id}": s.deleteKey,

		"GET /v1/events": s.events,
	}
}
