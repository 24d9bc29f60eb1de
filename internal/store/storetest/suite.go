package storetest

import "testing"

// Run runs the suite on an engine.
func Run(t *testing.T, e Engine) {
	for _, c := range []struct {
		claim string
		test  func(*testing.T, *World)
	}{
		{"a message goes from queued over sending to sent, with all that happened on record", sendsAndRecords},
		{"acceptance keeps the message, its conversation and a notification together", acceptsTogether},
		{"one open conversation a contact and audience", reusesConversations},
		{"any text comes back as it was given", keepsNastyTexts},
		{"an idempotency key answers for its first request alone", isIdempotent},
		{"an idempotency key tells no organization of another's message", isIdempotentWithinAnOrganization},
		{"a hundred requests with one key make one message", isIdempotentUnderRace},
		{"a lane's messages leave in the order of their acceptance, one at a time", keepsOrder},
		{"a lane paced or paused gives nothing out before its time", pacesAndPauses},
		{"a contact put aside keeps its order while the lane goes on", putsAside},
		{"a contact put aside and the others take turns", takesTurns},
		{"a stale holder's settlement changes nothing", fences},
		{"a lease that ends hands its attempt out as unfinished, never as a new one", takesOver},
		{"a renewed lease is nobody else's", renews},
		{"an attempt that a crash left open is handed out as unfinished", findsOpenAttempts},
		{"what was acknowledged is there after a crash", survives},
		{"lanes take turns, whatever their age", lanesTakeTurns},
		{"every organization gets its share of the slots", isFair},
		{"a held lane keeps what it has until its integration is on again", holdsLanes},
		{"messages whose time is over expire, once, and leave their lane", expires},
		{"only a queued message can be cancelled, only an unclear one dismissed", cancelsAndDismisses},
		{"a message of several parts is sent part by part", sendsParts},
		{"a receipt moves a message by rank, and what is late only goes on record", obeysRank},
		{"a receipt that overtakes the answer waits for it", parksReceipts},
		{"a parked receipt is forgotten after 72 hours", forgetsParked},
		{"a receipt touches only the integrations that it was verified for", scopesReceipts},
		{"a message of several ids is delivered when all are, failed when one is", sumsUp},
		{"a receipt of our own id settles an unclear message", settlesUnclear},
		{"a receipt during an attempt ends what would be tried again", endsRetries},
		{"a message that several claims and receipts pull at conserves", conservesUnderConcurrency},
		{"a hundred identical callbacks make one message", dedupes},
		{"without a provider's id, the window drops a repeat that nobody answered", dedupesByWindow},
		{"a callback is applied once", appliesOnce},
		{"a callback kept and applied in one commit counts once", receivesOnce},
		{"an unmatched callback can be replayed, and the newest are kept", keepsUnmatched},
		{"the parts of a long text become one message with the last of them", joinsParts},
		{"a text that lacks a part is delivered as it is after a minute", deliversWhatIsThere},
		{"texts of other contacts, numbers and lengths do not mix", keepsTextsApart},
		{"a text that comes again without ids within the window is the same", dropsRepeatedTextsByWindow},
		{"parts that race are joined once", joinsUnderRace},
		{"a part is known for a month", sweepsParts},
		{"no part is lost or delivered twice, whatever happens", holdsPartsModel},
		{"an address that a provider wants called is called once, and not too often", confirms},
		{"attention is told of when it begins and when it ends, and what is well again ends it", attends},
		{"a provider is asked by one holder at a time, who goes on where the last one was", leasesPolls},
		{"an answer and how far it brought its poll are one commit", keepsAnswers},
		{"a message is asked about until it has its last word", awaits},
		{"files wait for nobody and are told of when they are here", keepsMedia},
		{"notifications come in order and only to whom they are for", notifies},
		{"a notification shows the message as it was", notifiesThePast},
		{"a webhook is told everything after its creation, in order, once settled", delivers},
		{"a webhook that fails comes again, and what is given up is a dead letter", retriesDeliveries},
		{"a webhook with nothing to be told is no claim", skipsIdleWebhooks},
		{"two organizations cannot share a domain, a number or an extension", refusesDuplicates},
		{"what belongs to another account is not there", isolatesAccounts},
		{"a change of the directory is seen at once", refreshes},
		{"properties are sealed where they lie, and open again", seals},
		{"a credential is kept under its key, and goes with its integration", keepsCredentials},
		{"one of all who want to renew a credential holds it, and who is late keeps nothing", holdsCredentials},
		{"a credential that another has replaced is dropped", dropsCredentials},
		{"a person comes back with a state once, and in time", takesAuthorizationsOnce},
		{"what waited for a credential goes on with it", hurriesWhatWaitedForACredential},
		{"an integration has one id for an organization and service", keepsIntegrationIDs},
		{"a service's versions outlive it", keepsVersions},
		{"versions past the newest are dropped, and never one that a waiting message needs", dropsVersions},
		{"a version that is kept can be current again", setsVersions},
		{"a service's id is one without case", ignoresCaseOfServices},
		{"deleting an organization takes everything it had", deletesOrganizations},
		{"what comes into a deleted message's place is nobody else's to see", showsNothingInPlaceOfTheDeleted},
		{"lists come in pages without gaps or repeats", pages},
		{"a user sees what their numbers and conversations show, and no more", showsUsers},
		{"a message from a program belongs to its user's conversation", arrivesFromPrograms},
		{"what was kept long enough is swept", sweeps},
		{"callbacks are swept whatever their mix", sweepsMixedCallbacks},
		{"one look at callbacks never reads more than fits", boundsWhatALookReads},
		{"commit hooks say what there is to do", hooks},
		{"status by rank and lanes' counts hold whatever happens", holdsModel},
	} {
		t.Run(c.claim, func(t *testing.T) {
			w := NewWorld(t, e.Open(t))
			w.engine = e
			c.test(t, w)
			w.Conserved()
		})
	}
}
