"""The columns of accounts and of the house's records: which are personal, and what becomes of them."""

from accounts.standing import inventory as _standing  # noqa: F401
from common.inventory import personal, table

PEOPLE, TRUST, HOUSE = "operations, people", "operations, privacy", "operations, machine room"
ACCOUNT = "as long as the account; erased on request"
SIGN_IN = "as long as the account, ended ones 90 days"

# --- common: it knows no app, so its records are declared here -----------------------------------

table(
    "common.BusPayload",
    owner=HOUSE,
    purpose="Long messages on their way between processes.",
    kept="minutes, unlogged",
    plain="id created_at",
    body=personal("text", "carries frames", mask="never shown", erasure="deleted"),
)
table(
    "common.CalendarDay",
    owner=HOUSE,
    purpose="Working days.",
    kept="for good",
    plain="day name is_off source updated_at",
)
table(
    "common.ChainAnchor",
    owner=HOUSE,
    purpose="Proof that the history was not touched.",
    kept="for good",
    plain="id position hash at",
)
table(
    "common.ChainLink",
    owner=HOUSE,
    purpose="Proof that the history was not touched.",
    kept="for good",
    plain="position event_id previous hash sealed_at",
)
table(
    "common.Deadline",
    owner=HOUSE,
    purpose="Timers.",
    kept="until done, then with its subject",
    plain="id kind subject_id due_at paused_at payload attempts last_error done_at created_at",
)
table(
    "common.Event",
    owner=TRUST,
    purpose="History: who changed what and why.",
    kept="for good; points at a pseudonym after erasure",
    plain="id at action subject_type subject_id",
    actor=personal("account", "who did it", mask="name", erasure="kept nameless"),
    before=personal("text", "what changed", mask="text", erasure="kept"),
    after=personal("text", "what changed", mask="text", erasure="kept"),
    reason=personal("text", "why; masked when it is written", mask="text", erasure="kept"),
)
table(
    "common.FreshStart",
    owner=HOUSE,
    purpose="From when clients have to begin anew.",
    kept="for good",
    plain="kind at",
)
table(
    "common.Heartbeat",
    owner=HOUSE,
    purpose="Signs of life of processes.",
    kept="the last one",
    plain="instance process at detail",
)
table(
    "common.HistoryCheck",
    owner=HOUSE,
    purpose="When the history was checked.",
    kept="for good",
    plain="id started_at finished_at since lines position state findings trouble_count",
)
table(
    "common.ImportRun",
    owner=HOUSE,
    purpose="Files that were loaded.",
    kept="for good",
    plain="id kind file_name sha256 size started_at finished_at by lines_done inserted updated "
    "unchanged rejected rejects_size",
)
table(
    "common.KeptAnswer",
    owner=HOUSE,
    purpose="Answers to retried requests.",
    kept="a day",
    plain="id route key fingerprint status content_type at",
    actor=personal("account", "whose request", mask="never shown", erasure="deleted"),
    body=personal("text", "the answer again", mask="never shown", erasure="deleted"),
)
table(
    "common.Parameter",
    owner=HOUSE,
    purpose="Business numbers.",
    kept="for good",
    plain="id key value effective_from changed_by reason created_at",
)
table(
    "common.RateBucket",
    owner=HOUSE,
    purpose="How fast somebody asks.",
    kept="hours",
    plain="tokens filled_at let_through",
    key=personal("network", "account or network address", mask="never shown", erasure="deleted"),
)
table(
    "common.SearchChange",
    owner=HOUSE,
    purpose="Things whose search line is to be written anew.",
    kept="seconds",
    plain="id kind keys",
)
table(
    "common.SearchFill",
    owner=HOUSE,
    purpose="How far the search index is.",
    kept="for good",
    plain="kind before done_at",
)
table(
    "common.UnsealedEvent",
    owner=HOUSE,
    purpose="History lines that wait for their proof.",
    kept="seconds",
    plain="event_id noted_at",
)

# --- accounts ------------------------------------------------------------------------------------

table(
    "accounts.Device",
    owner=PEOPLE,
    purpose="Apps in which somebody is signed in.",
    kept=SIGN_IN,
    plain="id platform app_version method limit_at ends_at ended_at end_reason rotated_at access_hash "
    "access_until refresh_hash spent_access_hash spent_access_until spent_refresh_hash answer_nonce",
    user=personal("account", "whose app", mask="name", erasure="deleted"),
    name=personal("device", "to tell devices apart", mask="as it is", erasure="deleted"),
    signed_in_at=personal("behaviour", "to find a stranger", mask="as it is", erasure="deleted"),
    signed_in_address=personal("network", "to find a stranger", mask="as it is", erasure="deleted"),
    last_used_at=personal("behaviour", "to find a stranger", mask="as it is", erasure="deleted"),
    last_used_address=personal("network", "to find a stranger", mask="as it is", erasure="deleted"),
)
table(
    "accounts.ErasureCertificate",
    owner=TRUST,
    purpose="Proof of what was erased.",
    kept="for good",
    plain="id number request stage issued_at counts kept",
)
table(
    "accounts.IntegrationToken",
    owner=PEOPLE,
    purpose="Systems that act for the house.",
    kept="for good",
    plain="id name owner scopes secret_hash secret_since issued_at expires_at last_used_at "
    "last_used_address revoked_at",
)
table(
    "accounts.Contact",
    owner=PEOPLE,
    purpose="People and firms with several identities; nothing of theirs stands here.",
    kept="for good",
    plain="id kind made_at merged_into",
)
table(
    "accounts.ContactIdentity",
    owner=PEOPLE,
    purpose="Which members and accounts are one person, and from when to when.",
    kept=ACCOUNT,
    plain="id contact kind since until",
    member=personal("identifier", "whose", mask="name", erasure="deleted", copy="contacts"),
    user=personal("account", "whose", mask="name", erasure="deleted"),
)
table(
    "accounts.Likeness",
    owner=PEOPLE,
    purpose="Pairs that may be one person, and what was decided about them.",
    kept=ACCOUNT,
    plain="id signs state found_at decided_at",
    member=personal("identifier", "who looks alike", mask="name", erasure="deleted"),
    other_member=personal("identifier", "who looks alike", mask="name", erasure="deleted"),
    other_user=personal("account", "who looks alike", mask="name", erasure="deleted"),
)
table(
    "accounts.LegalHold",
    owner=TRUST,
    purpose="Orders to keep one member's data.",
    kept="for good",
    plain="id ordered_by placed_at placed_by lifted_at",
    member=personal("identifier", "whose data", mask="name", erasure="kept nameless"),
)
table(
    "accounts.Member",
    owner=PEOPLE,
    purpose="Buyers.",
    kept=ACCOUNT + "; deleted when the last of their orders may go",
    plain="id tier hidden_at erased_at",
    member_no=personal(
        "identifier", "to name a member", mask="as it is", copy="profile", erasure="pseudonym"
    ),
    user=personal("account", "the sign-in", mask="name", copy="profile", erasure="kept nameless"),
    display_name=personal(
        "name", "how a member is addressed", mask="name", copy="profile", erasure="emptied"
    ),
    phone=personal("phone", "to call back", mask="phone", copy="profile", erasure="emptied"),
    region=personal(
        "region", "statistics of regions", mask="region", copy="profile", erasure="emptied"
    ),
    real_name_verified=personal(
        "account", "who may do more", mask="as it is", copy="profile", erasure="emptied"
    ),
    registered_at=personal(
        "behaviour",
        "new members are guided",
        mask="as it is",
        copy="profile",
        erasure="kept nameless",
    ),
)
table(
    "accounts.Passkey",
    owner=PEOPLE,
    purpose="Passkeys.",
    kept=ACCOUNT,
    plain="id sign_count made_at used_at",
    user=personal("account", "whose key", mask="never shown", erasure="deleted"),
    name=personal("device", "to tell keys apart", mask="never shown", erasure="deleted"),
    credential_id=personal("credential", "to sign in", mask="never shown", erasure="deleted"),
    credential=personal("credential", "to sign in", mask="never shown", erasure="deleted"),
)
table(
    "accounts.PersonalDataAccess",
    owner=TRUST,
    purpose="Who looked at whose data.",
    kept="parameter personal_data.access_log_kept (3 years; the database refuses less than 183 days)",
    plain="id kind field purpose actor_role actor_team conversation day",
    at=personal(
        "behaviour", "when somebody looked", mask="as it is", copy="accesses", erasure="kept"
    ),
    actor=personal("account", "who looked", mask="name", copy="accesses", erasure="kept nameless"),
    member=personal("identifier", "whose data", mask="name", erasure="kept nameless"),
    reason=personal("text", "why; masked when it is written", mask="text", erasure="kept"),
    address=personal("network", "from where", mask="as it is", erasure="kept"),
)
table(
    "accounts.PersonalDataRequest",
    owner=TRUST,
    purpose="What members ask about their data.",
    kept="for good, nameless after erasure",
    plain="id request_no kind state field asked_at due_at started_at ended_at handled_by ground "
    "progress package_size package_sha256 package_expires_at stage closed_account",
    member=personal("identifier", "who asks", mask="name", erasure="kept nameless"),
    wish=personal("text", "how it should read", mask="text", erasure="emptied"),
    answer=personal("text", "what we answered", mask="as it is", copy="requests", erasure="kept"),
    package=personal("file", "the copy; some days", mask="never shown", erasure="deleted"),
)
table(
    "accounts.RecoveryCode",
    owner=PEOPLE,
    purpose="Recovery codes.",
    kept=ACCOUNT,
    plain="id used_at",
    user=personal("account", "whose code", mask="never shown", erasure="deleted"),
    digest=personal("credential", "to sign in", mask="never shown", erasure="deleted"),
)
table(
    "accounts.SignInChallenge",
    owner=PEOPLE,
    purpose="Sign-ins that are under way.",
    kept="minutes",
    plain="id kind state tries expires_at used_at",
    user=personal("account", "who signs in", mask="never shown", erasure="deleted"),
)
table(
    "accounts.SignInGuard",
    owner=PEOPLE,
    purpose="Wrong tries in a row.",
    kept="a day after the last one",
    plain="id failures locked_until failed_at",
    account=personal("account", "whose door", mask="never shown", erasure="deleted"),
    address=personal("network", "from where", mask="never shown", erasure="deleted"),
)
table(
    "accounts.SocketTicket",
    owner=PEOPLE,
    purpose="Lets one socket in, once.",
    kept="a minute",
    plain="id ticket_hash device integration_token expires_at",
    user=personal("account", "who comes in", mask="never shown", erasure="deleted"),
    sealed_session=personal(
        "credential", "what the socket hangs on", mask="never shown", erasure="deleted"
    ),
)
table(
    "accounts.Totp",
    owner=PEOPLE,
    purpose="Code apps.",
    kept=ACCOUNT,
    plain="id last_step made_at confirmed_at",
    user=personal("account", "whose app", mask="never shown", erasure="deleted"),
    sealed_secret=personal("credential", "to sign in", mask="never shown", erasure="deleted"),
)
table(
    "accounts.User",
    owner=PEOPLE,
    purpose="People who can sign in.",
    kept=ACCOUNT,
    plain="id public_id roles is_superuser is_active",
    password=personal("credential", "to sign in", mask="never shown", erasure="emptied"),
    last_login=personal("behaviour", "to find idle accounts", mask="as it is", erasure="emptied"),
    username=personal(
        "account", "to sign in", mask="as it is", copy="profile", erasure="pseudonym"
    ),
    display_name=personal(
        "name", "how a person is addressed", mask="name", copy="profile", erasure="emptied"
    ),
    phone=personal("phone", "to sign in", mask="phone", copy="profile", erasure="emptied"),
    language=personal("account", "to speak it", mask="as it is", copy="profile", erasure="emptied"),
    date_joined=personal(
        "behaviour", "since when", mask="as it is", copy="profile", erasure="kept nameless"
    ),
)
table(
    "accounts.WebSession",
    owner=PEOPLE,
    purpose="Browsers in which somebody is or was signed in.",
    kept=SIGN_IN,
    plain="id key_hash ended_why",
    user=personal("account", "whose browser", mask="name", copy="sessions", erasure="deleted"),
    device_hash=personal("device", "to know it again", mask="never shown", erasure="deleted"),
    address=personal(
        "network", "to find a stranger", mask="as it is", copy="sessions", erasure="deleted"
    ),
    browser=personal(
        "device", "to tell browsers apart", mask="as it is", copy="sessions", erasure="deleted"
    ),
    system=personal(
        "device", "to tell browsers apart", mask="as it is", copy="sessions", erasure="deleted"
    ),
    method=personal(
        "behaviour", "how it was proved", mask="as it is", copy="sessions", erasure="deleted"
    ),
    signed_in_at=personal(
        "behaviour", "to find a stranger", mask="as it is", copy="sessions", erasure="deleted"
    ),
    seen_at=personal(
        "behaviour", "to find a stranger", mask="as it is", copy="sessions", erasure="deleted"
    ),
    ended_at=personal(
        "behaviour", "to find a stranger", mask="as it is", copy="sessions", erasure="deleted"
    ),
)
table(
    "accounts.WebhookDelivery",
    owner=HOUSE,
    purpose="What partners were told.",
    kept="parameters of webhooks",
    plain="id endpoint event state attempts since next_at delivered_at last_status last_problem log",
)
table(
    "accounts.WebhookEndpoint",
    owner=HOUSE,
    purpose="Where partners are told.",
    kept="for good",
    plain="id owner url host description events state secret former_secret former_secret_until made_at",
)
table(
    "accounts.WebhookEvent",
    owner=HOUSE,
    purpose="What there is to tell; ids, never words.",
    kept="parameters of webhooks",
    plain="id event at subject_type subject_id data right key ripe_at told_at",
)
table(
    "accounts.WebhookHost",
    owner=HOUSE,
    purpose="Hosts that do not answer.",
    kept="for good",
    plain="host failures open_until",
)
table(
    "accounts.MemberLine",
    owner=PEOPLE,
    purpose="What a member is found by.",
    kept=ACCOUNT,
    plain="at",
    member=personal("identifier", "whose line", mask="name", erasure="deleted"),
    words=personal("name", "search", mask="never shown", erasure="deleted"),
    sounds=personal("name", "search by sound", mask="never shown", erasure="deleted"),
    hidden=personal("phone", "search by number", mask="never shown", erasure="deleted"),
)
TOLD = "as long as a notification (parameter), then deleted"
table(
    "accounts.Notification",
    owner=PEOPLE,
    purpose="What somebody should know; masked before it is stored.",
    kept=TOLD,
    plain="id kind subject merge_key dedupe title_many url count created_at seen_at read_at expires_at",
    person=personal("account", "who is told", mask="never shown", erasure="deleted"),
    title=personal("text", "to tell", mask="text", copy="notifications", erasure="deleted"),
    body=personal("text", "to tell", mask="text", copy="notifications", erasure="deleted"),
    at=personal("behaviour", "order", mask="as it is", copy="notifications", erasure="deleted"),
)
table(
    "accounts.NotificationDelivery",
    owner=PEOPLE,
    purpose="What became of each delivery.",
    kept=TOLD,
    plain="id notification kind medium target state why attempts answer summary queued_at due_at at",
    person=personal("account", "who is told", mask="name", erasure="deleted"),
    target_label=personal("email", "where it went", mask="email", erasure="deleted"),
)
table(
    "accounts.NotificationPreference",
    owner=PEOPLE,
    purpose="What somebody wants to be told, and how.",
    kept=ACCOUNT,
    plain="id kind media",
    person=personal("account", "whose choice", mask="never shown", erasure="deleted"),
)
table(
    "accounts.NotificationSettings",
    owner=PEOPLE,
    purpose="Quiet hours.",
    kept=ACCOUNT,
    plain="id quiet_from quiet_until quiet_days zone is_discreet",
    person=personal("account", "whose choice", mask="never shown", erasure="deleted"),
)
table(
    "accounts.EmailAddress",
    owner=PEOPLE,
    purpose="Where letters go.",
    kept=ACCOUNT,
    plain="id confirmed_at bounced_at bounce code_hash code_until code_tries",
    person=personal("account", "whose address", mask="never shown", erasure="deleted"),
    address=personal("email", "to write", mask="email", copy="notifications", erasure="deleted"),
    added_at=personal(
        "behaviour", "since when", mask="as it is", copy="notifications", erasure="deleted"
    ),
)
table(
    "accounts.PushDevice",
    owner=PEOPLE,
    purpose="Phones that are told.",
    kept=ACCOUNT,
    plain="id device platform provider token_hash last_sent_at",
    person=personal("account", "whose phone", mask="never shown", erasure="deleted"),
    token=personal("credential", "to reach it", mask="never shown", erasure="deleted"),
    label=personal(
        "device", "to tell them apart", mask="as it is", copy="notifications", erasure="deleted"
    ),
    created_at=personal(
        "behaviour", "since when", mask="as it is", copy="notifications", erasure="deleted"
    ),
)
table(
    "accounts.PushSubscription",
    owner=PEOPLE,
    purpose="Browsers that are told.",
    kept=ACCOUNT,
    plain="id endpoint_hash session_hash last_sent_at",
    person=personal("account", "whose browser", mask="never shown", erasure="deleted"),
    endpoint=personal("credential", "to reach it", mask="never shown", erasure="deleted"),
    p256dh=personal("credential", "to reach it", mask="never shown", erasure="deleted"),
    auth=personal("credential", "to reach it", mask="never shown", erasure="deleted"),
    label=personal(
        "device", "to tell them apart", mask="as it is", copy="notifications", erasure="deleted"
    ),
    created_at=personal(
        "behaviour", "since when", mask="as it is", copy="notifications", erasure="deleted"
    ),
)
table(
    "accounts.SimulatedPush",
    owner=PEOPLE,
    purpose="What a simulated phone was told.",
    kept=TOLD,
    plain="id delivery platform url behaviour at",
    title=personal("text", "to tell", mask="text", erasure="deleted"),
    body=personal("text", "to tell", mask="text", erasure="deleted"),
)
table(
    "accounts.Invitation",
    owner=PEOPLE,
    purpose="Links with which invited people set their first password.",
    kept="days",
    plain="id made_by digest made_at expires_at used_at",
    user=personal("account", "who is invited", mask="name", erasure="deleted"),
)
table(
    "accounts.OneTimeCode",
    owner=PEOPLE,
    purpose="Codes sent to a phone.",
    kept="days",
    plain="id purpose digest tries made_at expires_at sent_at proved_at used_at",
    phone=personal("phone", "to prove who holds it", mask="phone", erasure="deleted"),
    address=personal("network", "limits", mask="never shown", erasure="deleted"),
    sealed_text=personal("credential", "the words to send", mask="never shown", erasure="deleted"),
    payload=personal("name", "what was typed to sign up", mask="never shown", erasure="deleted"),
)
table(
    "accounts.SentText",
    owner=PEOPLE,
    purpose="What the simulated phone of the demo world was sent.",
    kept="the demo world alone",
    plain="id at",
    phone=personal("phone", "the demo's phone", mask="phone", erasure="deleted"),
    text=personal("text", "the demo's phone", mask="text", erasure="deleted"),
)

# --- the back office's long pieces of work, and the views people keep ------------------------------

_ERRAND = "id by state reason total done made_at served_at finished_at stop_asked_at trouble"

table(
    "common.DefaultView",
    owner=HOUSE,
    purpose="With which view a colleague's list opens.",
    kept="as long as the account",
    plain="id person listing view",
)
table(
    "common.Export",
    owner=HOUSE,
    purpose="Exports of lists; the file itself is masked as the list and deleted after a day.",
    kept="for good, the file as the parameter says",
    plain=f"{_ERRAND} listing query columns format file_name size last_key expires_at fetched_at",
)
table(
    "common.ImportFile",
    owner=HOUSE,
    purpose="Files that colleagues bring; the file and its rejected lines are deleted after 30 days.",
    kept="for good, the file as the parameter says",
    plain=f"{_ERRAND} kind file_name size step form encoding lines inserted updated unchanged "
    "rejected run",
)
table(
    "common.Job",
    owner=HOUSE,
    purpose="Actions on all that matched a filter.",
    kept="for good",
    plain=f"{_ERRAND} listing act answers filters changed refused",
)
table(
    "common.JobRow",
    owner=HOUSE,
    purpose="What became of each row of a bulk job.",
    kept="90 days",
    plain="id job key fate said",
    name=personal("name", "which row, as its page calls it", mask="name", erasure="deleted"),
)
table(
    "common.SavedView",
    owner=HOUSE,
    purpose="Filters, words and columns that colleagues keep.",
    kept="as long as the account",
    plain="id listing name query owner roles made_at deleted_at",
)
