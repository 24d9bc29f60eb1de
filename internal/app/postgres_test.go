package app_test

import (
	"context"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"

	"patchbay/internal/store"
	"patchbay/internal/store/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// whateverTheDatabase are the tests that run on PostgreSQL, too: what they claim must not depend on what is underneath.
var whateverTheDatabase = []func(*testing.T){
	TestTheBootstrapKeyIsTakenOnAnEmptyDatabaseAlone,
	TestMetricsOfTheirOwnAddressAskForNoKey,
	TestClosingEndsOpenStreamsAndWaitsForWhatIsSending,
	TestTheSandboxTextsBothWays,
	TestAPictureThatCameInGoesOutByItsBytes,
	TestAnOrganizationIsMadeReadListedChangedAndDeleted,
	TestListsGoOnWhereTheyStopped,
	TestAServiceFileIsKeptOrEveryMistakeIsNamed,
	TestAnAccountsFileHidesTheCataloguesForThatAccountAlone,
	TestTheWebhookURLStaysUntilTheIdChanges,
	TestSecretsAreWrittenAndNeverRead,
	TestANumberBelongsToOneOrganization,
	TestAUserSeesAndSendsFromTheirNumbersAlone,
	TestKeysEndWhenTheirOwnerIsSwitchedOff,
	TestAnIdempotencyKeyMakesOneMessage,
	TestMessagesAreFiltered,
	TestAMessageThatCannotBeSentSaysWhy,
	TestAMessageIsResentDismissedAndCancelled,
	TestKeysAreShownOnceAndEndAtOnce,
	TestWebhooksAreMadeListedAndDeleted,
	TestTheBaseFileSendsAndReceives,
	TestOneURLReachesTheOrganizationOfTheCalledNumber,
	TestCallbacksAreAnsweredAsTheTableSays,
	TestAnUnmatchedCallbackIsReplayedAfterTheFileIsMended,
	TestTheStreamTellsWhatHappensAndGoesOnWhereItStopped,
	TestAWebhookIsToldAndSigned,
	TestAPictureIsShownBehindItsLink,
	TestFilesOfAServerLieInABucket,
	TestARestartKeepsEverythingAndResumesSending,
	TestProtectedFilesAreFetchedWithCredentialsThatOnlyTheNamedHostSees,
	TestFilesThatBelongToNothingAreRemovedAtTheStart,
	TestEveryRouteAnswersEveryRoleAsTheMatrixSays,
	TestNoAnswerToOneAccountHoldsAnythingOfAnother,
	TestTheMessagingAPIMakesOrganizationsAndUsers,
	TestWhichSideIsOursDecidesTheDirection,
	TestAContactWhoLivesInAProgramIsToldApartFromAPhone,
	TestAFileGoesByItsAddress,
	TestDeliveredMovesWhatUsersWrote,
	TestNastyTextsGoBothWaysUnharmed,
	TestAMessageFinishesOnTheVersionItWasAcceptedUnder,
	TestNothingBeginsAfterAStopWasAnswered,
	TestOfAnErasedContactNothingIsLeftButTheirSTOP,
	TestAnUploadIsAtomicToCallbacks,
}

func TestOnPostgres(t *testing.T) {
	pgtest.Shared(t)
	for _, test := range whateverTheDatabase {
		name := runtime.FuncForPC(reflect.ValueOf(test).Pointer()).Name()
		t.Run(strings.TrimPrefix(name[strings.LastIndexByte(name, '.')+1:], "Test"), test)
	}
}

// databases are those of the worlds that run on PostgreSQL, by data directory: a world that starts again finds its own.
var databases struct {
	sync.Mutex
	empty string // has our schema and nothing in it
	urls  map[string]string
}

// databaseOf is the database of a world: under TestOnPostgres one of its own, otherwise the embedded one.
func databaseOf(t *testing.T, dataDir string) string {
	t.Helper()
	if !strings.HasPrefix(t.Name(), "TestOnPostgres/") {
		return ""
	}
	databases.Lock()
	defer databases.Unlock()
	if url := databases.urls[dataDir]; url != "" {
		return url
	}
	server := pgtest.Shared(t)
	if databases.empty == "" {
		databases.urls = map[string]string{}
		databases.empty = server.Keep(t, "")
		s, err := store.Open(context.Background(), store.Options{DatabaseURL: server.URL(databases.empty)})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	databases.urls[dataDir] = server.URL(server.Database(t, databases.empty))
	return databases.urls[dataDir]
}
