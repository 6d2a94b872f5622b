#include "stamp.h"

#include "address.h"
#include "edit.h"
#include "trace.h"

#include <sodium.h>

/* Of one message, while it is being stamped. */
typedef struct Stamp {
	SMFICTX *ctx;
	Session *session;
	const StampTerms *terms;
	const TokenKey *key;
	const char *sender_domain;
	int64_t now;
	unsigned char message[TOKEN_MESSAGE_SIZE];
	const char **recipients; /* keys of those who get it */
	size_t count;
	bool several; /* more than one gets it, or one whose address is none */
} Stamp;

static const struct Watched {
	const char *name;
	StampHeader header;
} watched[] = {
	{ "CFBL-Address", HEADER_FEEDBACK_ADDRESS },
	{ "CFBL-Feedback-ID", HEADER_FEEDBACK_ADDRESS },
	{ "Feedback-ID", HEADER_FEEDBACK_ID },
	{ "List-Unsubscribe", HEADER_UNSUBSCRIBE },
};

void
stamp_note_header(Session *session, const char *name, const char *value)
{
	for (size_t i = 0; i < G_N_ELEMENTS(watched); i++)
		if (g_ascii_strcasecmp(name, watched[i].name) == 0)
			session->stamp_headers |= watched[i].header;
	if (session->trace == NULL && g_ascii_strcasecmp(name, TRACE_HEADER) == 0)
		session->trace = g_strdup(value);
}

/* Anybody else's mail would bring its bounces to us. With a null sender it does not get here. */
static bool
is_ours(const Session *session)
{
	return session->authenticated || session->bare_sender
	       || stamping_knows_client(session->conduct->file->stamping, session->client_address);
}

static void
find_recipients(Stamp *stamp)
{
	const GPtrArray *recipients = stamp->session->recipients;
	size_t total = 0;

	stamp->recipients = g_new(const char *, recipients->len);
	for (unsigned i = 0; i < recipients->len; i++) {
		const Recipient *recipient = recipients->pdata[i];

		if (recipient_is_removed(recipient))
			continue;
		total++;
		if (recipient->key != NULL)
			stamp->recipients[stamp->count++] = recipient->key;
	}
	stamp->several = total != 1 || stamp->count != 1;
}

/* The sender is a signed return path already: the mail passes us a second time, or is forwarded as it came. */
static bool
has_our_sender(const Stamp *stamp)
{
	const Trust *trust = stamp->session->conduct->book->trust;
	TokenClaim claim = { .purpose = TOKEN_RETURN_PATH, .context = "" };
	Token token;

	if (!token_find(stamp->session->sender, &token))
		return false;
	claim.token = &token;
	return token_verify(trust->ring, &claim, trust->lifetime_seconds, stamp->now) == TOKEN_VALID;
}

/* A trace header of ours that names all who get it. One that names others came with mail that is being forwarded. */
static bool
has_our_trace(const Stamp *stamp)
{
	const Trust *trust = stamp->session->conduct->book->trust;
	Trace trace;

	if (stamp->session->trace == NULL || stamp->count == 0 || !trace_parse(stamp->session->trace, &trace))
		return false;
	for (size_t i = 0; i < stamp->count; i++)
		if (trace_verify(trust->ring, &trace, stamp->recipients[i], trust->lifetime_seconds, stamp->now)
			!= TOKEN_VALID)
			return false;
	return true;
}

static char *
make_token(const Stamp *stamp, TokenPurpose purpose, char ret_text[TOKEN_TEXT_SIZE])
{
	Token token;

	token_make(stamp->key, purpose, stamp->now, stamp->message, stamp->several ? NULL : stamp->recipients[0], "",
		&token);
	return token_format(&token, ret_text);
}

/* A domain of return paths lets in nothing without a token, so whoever sends in its name cannot do without one. */
static bool
keeps_sender(const Stamp *stamp)
{
	const Session *session = stamp->session;
	g_autofree char *domain = domain_normalise(address_domain(session->sender));

	if (session->verp)
		return true;
	return stamp->terms->keep == KEEP_OWN_BOUNCES && sender_keeps_bounces(session->sender)
	       && !(domain != NULL && stamping_is_return_path(session->conduct->file->stamping, domain));
}

static void
add_return_path(const Stamp *stamp)
{
	const char *domain = stamp->terms->return_path;
	char token[TOKEN_TEXT_SIZE];
	g_autofree char *address = NULL;

	if (*domain == '\0' || keeps_sender(stamp))
		return;
	make_token(stamp, TOKEN_RETURN_PATH, token);
	address = g_strdup_printf("<%s%s@%s>", stamp->session->conduct->book->trust->prefix, token, domain);
	edit_change_sender(stamp->ctx, address);
}

static void
add_trace(const Stamp *stamp)
{
	g_autofree char *value = NULL;

	if (!stamp->terms->trace)
		return;
	value = trace_make(
		stamp->key, stamp->now, stamp->message, stamp->sender_domain, stamp->recipients, stamp->count);
	edit_insert_header(stamp->ctx, stamp->session, TRACE_HEADER, value);
}

/* RFC 9477. A sender that takes complaints himself keeps doing so. */
static void
add_feedback_address(const Stamp *stamp)
{
	g_autofree char *value = NULL;
	char token[TOKEN_TEXT_SIZE];

	if (*stamp->terms->feedback_address == '\0' || stamp->session->stamp_headers & HEADER_FEEDBACK_ADDRESS)
		return;
	value = g_strdup_printf("%s; report=arf", stamp->terms->feedback_address);
	edit_insert_header(stamp->ctx, stamp->session, "CFBL-Address", value);
	edit_insert_header(stamp->ctx, stamp->session, "CFBL-Feedback-ID", make_token(stamp, TOKEN_FEEDBACK, token));
}

/* Google counts complaints by what stands here, and shows them in its Postmaster Tools. */
static void
add_feedback_id(const Stamp *stamp)
{
	g_autofree char *value = NULL;

	if (*stamp->terms->feedback_id == '\0' || stamp->session->stamp_headers & HEADER_FEEDBACK_ID)
		return;
	value = g_strdup_printf("%s:%s", stamp->sender_domain, stamp->terms->feedback_id);
	edit_insert_header(stamp->ctx, stamp->session, "Feedback-ID", value);
}

/* Only where it tells who asks. */
static void
add_unsubscribe(const Stamp *stamp)
{
	g_autofree char *value = NULL;
	char token[TOKEN_TEXT_SIZE];

	if (*stamp->terms->unsubscribe == '\0' || stamp->several || stamp->session->stamp_headers & HEADER_UNSUBSCRIBE)
		return;
	value = g_strdup_printf("<mailto:%s%s@%s?subject=unsubscribe>",
		stamp->session->conduct->book->trust->unsubscribe_prefix, make_token(stamp, TOKEN_UNSUBSCRIBE, token),
		stamp->terms->unsubscribe);
	edit_insert_header(stamp->ctx, stamp->session, "List-Unsubscribe", value);
}

static int64_t
put_all(Stamp *stamp)
{
	randombytes_buf(stamp->message, sizeof stamp->message);
	add_return_path(stamp);
	add_unsubscribe(stamp);
	add_feedback_id(stamp);
	add_feedback_address(stamp);
	add_trace(stamp);
	return token_message_number(stamp->message);
}

int64_t
stamp_message(SMFICTX *ctx, Session *session, const char *sender_domain, int64_t now)
{
	const Conduct *conduct = session->conduct;
	Stamp stamp = { .ctx = ctx, .session = session, .sender_domain = sender_domain, .now = now };
	int64_t number = 0;

	stamp.terms = stamping_terms(conduct->file->stamping, sender_domain);
	if (stamp.terms == NULL || conduct->book->trust->ring == NULL || !is_ours(session))
		return 0;
	stamp.key = keyring_signer(conduct->book->trust->ring, now);
	if (stamp.key == NULL || has_our_sender(&stamp))
		return 0;
	find_recipients(&stamp);
	if (!has_our_trace(&stamp))
		number = put_all(&stamp);
	g_free(stamp.recipients);
	return number;
}
