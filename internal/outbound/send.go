package outbound

import (
	"context"
	"errors"

	"patchbay/internal/lane"
	"patchbay/internal/message"
)

func (f *Flow) work(ctx context.Context, c lane.Claimed[message.Send], more func() bool) (*lane.Claimed[message.Send], error) {
	return nil, errors.New("not built yet")
}
