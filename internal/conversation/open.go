package conversation

import (
	"patchbay/internal/directory"
	"patchbay/internal/fault"
)

// Opener is whose conversation a user opens on a number, as Owner says or as they wish: their own, or the group's ("").
// wish nil: whatever the number's users and sessionTimeout make of it.
func Opener(n *directory.Number, user string, wish *bool) (owner string, err error) {
	alone := len(n.Users) == 1
	switch {
	case wish == nil:
		return Owner(n, user), nil
	case *wish && user == "":
		return "", fault.New(fault.Invalid, "user", "is missing: whose private conversation is it?")
	case *wish && !alone && n.SessionTimeout <= 0:
		return "", fault.New(fault.Invalid, "private", "this number has several users and no sessionTimeout: its conversations are always the group's")
	case *wish:
		return user, nil
	case alone:
		return "", fault.New(fault.Invalid, "private", "this number has one user, whose private conversations they are; assign others to make them a group's")
	}
	return "", nil
}
