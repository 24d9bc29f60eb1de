package store

import (
	"context"
	"time"

	"patchbay/internal/directory"
	"patchbay/internal/lane"
	"patchbay/internal/message"
)

func (s *Store) Close() error { return errNotYet }

func (s *Store) CreateAccount(ctx context.Context, a *directory.Account, k *directory.Key, hash [32]byte) error {
	return errNotYet
}
func (s *Store) Accounts(ctx context.Context) ([]directory.Account, error) { return nil, errNotYet }
func (s *Store) KeyByHash(ctx context.Context, hash [32]byte) (*directory.Key, error) {
	return nil, errNotYet
}
func (s *Store) CreateKey(ctx context.Context, k *directory.Key, hash [32]byte) error {
	return errNotYet
}
func (s *Store) Keys(ctx context.Context, accountID string, p Page) ([]directory.Key, string, error) {
	return nil, "", errNotYet
}
func (s *Store) DeleteKey(ctx context.Context, accountID, id string) error { return errNotYet }

func (s *Store) CreateOrganization(ctx context.Context, o *directory.Organization) error {
	return errNotYet
}
func (s *Store) Organization(ctx context.Context, accountID, id string) (*directory.Organization, error) {
	return nil, errNotYet
}
func (s *Store) OrganizationByDomain(ctx context.Context, accountID, domain string) (*directory.Organization, error) {
	return nil, errNotYet
}
func (s *Store) Organizations(ctx context.Context, accountID string, p Page) ([]directory.Organization, string, error) {
	return nil, "", errNotYet
}
func (s *Store) UpdateOrganization(ctx context.Context, o *directory.Organization) error {
	return errNotYet
}
func (s *Store) DeleteOrganization(ctx context.Context, accountID, id string) error { return errNotYet }

func (s *Store) CreateUser(ctx context.Context, u *directory.User) error { return errNotYet }
func (s *Store) User(ctx context.Context, accountID, id string) (*directory.User, error) {
	return nil, errNotYet
}
func (s *Store) UserByExtension(ctx context.Context, accountID, orgID, extension string) (*directory.User, error) {
	return nil, errNotYet
}
func (s *Store) Users(ctx context.Context, accountID, orgID string, p Page) ([]directory.User, string, error) {
	return nil, "", errNotYet
}
func (s *Store) UpdateUser(ctx context.Context, u *directory.User) error    { return errNotYet }
func (s *Store) DeleteUser(ctx context.Context, accountID, id string) error { return errNotYet }

func (s *Store) PutService(ctx context.Context, accountID, serviceID, version string, source []byte) error {
	return errNotYet
}
func (s *Store) ServiceSource(ctx context.Context, accountID, serviceID, version string) (source []byte, ver string, err error) {
	return nil, "", errNotYet
}
func (s *Store) Services(ctx context.Context, accountID string) ([]ServiceRow, error) {
	return nil, errNotYet
}
func (s *Store) DeleteService(ctx context.Context, accountID, serviceID string) error {
	return errNotYet
}

func (s *Store) PutIntegration(ctx context.Context, i *directory.Integration) error { return errNotYet }
func (s *Store) Integration(ctx context.Context, accountID, id string) (*directory.Integration, error) {
	return nil, errNotYet
}
func (s *Store) IntegrationOf(ctx context.Context, accountID, orgID, serviceID string) (*directory.Integration, error) {
	return nil, errNotYet
}
func (s *Store) Integrations(ctx context.Context, accountID, orgID string, p Page) ([]directory.Integration, string, error) {
	return nil, "", errNotYet
}
func (s *Store) IntegrationsOfService(ctx context.Context, accountID, serviceID string) ([]directory.Integration, error) {
	return nil, errNotYet
}
func (s *Store) DeleteIntegration(ctx context.Context, accountID, id string) error { return errNotYet }

func (s *Store) CreateNumber(ctx context.Context, n *directory.Number) error { return errNotYet }
func (s *Store) Number(ctx context.Context, accountID, id string) (*directory.Number, error) {
	return nil, errNotYet
}
func (s *Store) NumberByValue(ctx context.Context, accountID, value string) (*directory.Number, error) {
	return nil, errNotYet
}
func (s *Store) NumbersOfIntegration(ctx context.Context, accountID, integrationID string) ([]directory.Number, error) {
	return nil, errNotYet
}
func (s *Store) Numbers(ctx context.Context, accountID, orgID string, p Page) ([]directory.Number, string, error) {
	return nil, "", errNotYet
}
func (s *Store) UpdateNumber(ctx context.Context, n *directory.Number) error  { return errNotYet }
func (s *Store) DeleteNumber(ctx context.Context, accountID, id string) error { return errNotYet }

func (s *Store) Accept(ctx context.Context, a message.Acceptance) (message.Ack, error) {
	return message.Ack{}, errNotYet
}
func (s *Store) ClaimSends(ctx context.Context, now time.Time, n int) (claimed []lane.Claimed[message.Send], next time.Time, err error) {
	return nil, time.Time{}, errNotYet
}
func (s *Store) SettleSend(ctx context.Context, st message.Settlement) (next *lane.Claimed[message.Send], err error) {
	return nil, errNotYet
}
func (s *Store) OpenAttempts(ctx context.Context) ([]message.Send, error) { return nil, errNotYet }
func (s *Store) RenewLanes(ctx context.Context, lanes []lane.Lane, until time.Time) (lost []lane.Lane, err error) {
	return nil, errNotYet
}
func (s *Store) CancelMessage(ctx context.Context, accountID, id string, at time.Time) error {
	return errNotYet
}
func (s *Store) DismissMessage(ctx context.Context, accountID, id string, at time.Time) error {
	return errNotYet
}
func (s *Store) ExpireMessages(ctx context.Context, now time.Time) (n int, err error) {
	return 0, errNotYet
}

func (s *Store) Message(ctx context.Context, accountID, id string) (*message.View, error) {
	return nil, errNotYet
}
func (s *Store) Messages(ctx context.Context, f message.Filter, p Page) ([]message.View, string, error) {
	return nil, "", errNotYet
}
func (s *Store) Conversation(ctx context.Context, accountID, id string) (*directory.Conversation, error) {
	return nil, errNotYet
}
func (s *Store) Conversations(ctx context.Context, accountID, orgID, userID string, p Page) ([]directory.Conversation, string, error) {
	return nil, "", errNotYet
}

func (s *Store) KeepCallback(ctx context.Context, c *message.Callback) error { return errNotYet }
func (s *Store) Callback(ctx context.Context, accountID, id string) (*message.Callback, error) {
	return nil, errNotYet
}
func (s *Store) Callbacks(ctx context.Context, accountID string, unmatchedOnly bool, p Page) ([]message.Callback, string, error) {
	return nil, "", errNotYet
}
func (s *Store) PendingCallbacks(ctx context.Context, limit int) ([]message.Callback, error) {
	return nil, errNotYet
}
func (s *Store) ApplyCallback(ctx context.Context, a message.Applied) error     { return errNotYet }
func (s *Store) ReplayCallback(ctx context.Context, accountID, id string) error { return errNotYet }

func (s *Store) CreateWebhook(ctx context.Context, w *directory.Webhook) error { return errNotYet }
func (s *Store) Webhook(ctx context.Context, accountID, id string) (*directory.Webhook, error) {
	return nil, errNotYet
}
func (s *Store) Webhooks(ctx context.Context, accountID string, p Page) ([]directory.Webhook, string, error) {
	return nil, "", errNotYet
}
func (s *Store) DeleteWebhook(ctx context.Context, accountID, id string) error { return errNotYet }
func (s *Store) NotificationsAfter(ctx context.Context, f message.NotificationFilter, afterSeq int64, limit int) ([]message.Notification, error) {
	return nil, errNotYet
}
func (s *Store) LastNotification(ctx context.Context) (int64, error) { return 0, errNotYet }
func (s *Store) ClaimDeliveries(ctx context.Context, now time.Time, n int) ([]lane.Claimed[message.Delivery], time.Time, error) {
	return nil, time.Time{}, errNotYet
}
func (s *Store) SettleDelivery(ctx context.Context, d message.DeliverySettlement) (next *lane.Claimed[message.Delivery], err error) {
	return nil, errNotYet
}

func (s *Store) PendingMedia(ctx context.Context, now time.Time, n int) ([]message.Media, error) {
	return nil, errNotYet
}
func (s *Store) SaveMedia(ctx context.Context, m message.Media, retryAt time.Time) error {
	return errNotYet
}
func (s *Store) Media(ctx context.Context, id string) (*message.Media, error) { return nil, errNotYet }

// Counts are the messages by direction and status ("outbound/sent"), and the sums that must agree with them.
func (s *Store) Counts(ctx context.Context) (map[string]int64, error) { return nil, errNotYet }

// Sweep drops what has been kept long enough. It may be called at any time and as often as one likes.
func (s *Store) Sweep(ctx context.Context, now time.Time) error { return errNotYet }
