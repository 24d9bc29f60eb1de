// Package conversation decides what a conversation is: whose it is, and what a text in it says. Pure decisions; it keeps nothing.
package conversation

import (
	"patchbay/internal/directory"
)

// Owner is whose conversation with a contact a text from our number belongs to: its writer's where they are the number's
// only user, otherwise "", the group of all its users. What a program sends for nobody (userID "") is the group's.
func Owner(n *directory.Number, userID string) string {
	if len(n.Users) == 1 && n.Users[0] == userID {
		return userID
	}
	return ""
}

// Receiver is whose conversation a contact's text to the number belongs to: its only user's, or "" for the group.
func Receiver(n *directory.Number) string {
	if len(n.Users) == 1 {
		return n.Users[0]
	}
	return ""
}

// Text is what the contact gets to read: the number's header and footer around what was written, with the writer's name
// before it where the number says so. Files without a word stay without one.
func Text(n *directory.Number, writer, text string) string {
	if text == "" {
		return ""
	}
	if n.SendName && writer != "" {
		text = writer + ": " + text
	}
	if n.Header != "" {
		text = n.Header + "\n" + text
	}
	if n.Footer != "" {
		text = text + "\n" + n.Footer
	}
	return text
}
