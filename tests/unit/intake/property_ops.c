#include "property_ops.h"

#include "listing.h"

#include <glib.h>

/* In 2079: news of today and not out of an archive, whose periods would have begun long ago. */
#define FIRST_DAY (INT64_C(40000) * PROPERTY_DAY)
#define SHARED_DAYS 300

/* splitmix64: the next of a sequence that any start leads into. */
static uint64_t
draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static unsigned
below(uint64_t *state, unsigned limit)
{
	return (unsigned)(draw(state) % limit);
}

int64_t
op_first_day(void)
{
	return FIRST_DAY;
}

void
op_stream_init(OpStream *stream, uint64_t seed, unsigned writer, uint64_t count)
{
	*stream = (OpStream){ .seed = seed, .count = count, .writer = writer, .today = FIRST_DAY };
}

static const struct Kind {
	Category category;
	EventAction action;
	unsigned weight;
} kinds[] = {
	{ CATEGORY_USER_UNKNOWN, ACTION_FAILED, 4 },
	{ CATEGORY_MAILBOX_FULL, ACTION_FAILED, 5 },
	{ CATEGORY_DOMAIN_NOT_FOUND, ACTION_FAILED, 1 },
	{ CATEGORY_RECIPIENT_BLOCKED_SENDER, ACTION_FAILED, 3 },
	{ CATEGORY_COMPLAINT_SPAM, ACTION_COMPLAINED, 1 },
	{ CATEGORY_SPAM_CONTENT, ACTION_FAILED, 2 },
	{ CATEGORY_USER_UNKNOWN, ACTION_DELAYED, 1 },
	{ CATEGORY_DELIVERED, ACTION_DELIVERED, 3 },
};
#define KIND_WEIGHT 20

static const struct Kind *
draw_kind(uint64_t *state)
{
	unsigned place = below(state, KIND_WEIGHT), index = 0;

	for (; place >= kinds[index].weight; index++)
		place -= kinds[index].weight;
	return &kinds[index];
}

static Evidence
draw_evidence(uint64_t *state)
{
	static const Evidence grades[] = { EVIDENCE_LOCAL, EVIDENCE_LOCAL, EVIDENCE_SIGNED, EVIDENCE_KNOWN_MESSAGE,
		EVIDENCE_UNVERIFIED };

	return grades[below(state, G_N_ELEMENTS(grades))];
}

/* All writers tell the same events of shared addresses: an event is a function of its number alone. */
static void
make_shared(uint64_t *state, const OpStream *stream, Op *op)
{
	uint64_t of_event;

	op->shared = true;
	op->told_as = below(state, (unsigned)MAX(stream->count / 8, 8));
	of_event = stream->seed + op->told_as;
	op->address = below(&of_event, PROPERTY_SHARED);
	op->category = below(&of_event, 4) == 0 ? CATEGORY_BAD_ADDRESS_SYNTAX : CATEGORY_MAILBOX_DISABLED;
	op->action = ACTION_FAILED;
	op->evidence = EVIDENCE_LOCAL;
	op->recipients = 1;
	op->at = FIRST_DAY + below(&of_event, SHARED_DAYS) * (int64_t)PROPERTY_DAY + 3600;
}

static void
make_report(uint64_t *state, OpStream *stream, Op *op)
{
	const Op *earlier = &stream->told[below(state, PROPERTY_REMEMBERED)];
	const struct Kind *kind = draw_kind(state);

	op->evidence = draw_evidence(state);
	op->at = stream->today - below(state, 3) * (int64_t)PROPERTY_DAY + below(state, PROPERTY_DAY);
	op->address = below(state, PROPERTY_ADDRESSES);
	op->recipients = below(state, 10) == 0 ? 1 + below(state, PROPERTY_RECIPIENTS) : 1;
	op->sender = (int)below(state, PROPERTY_SENDERS);
	op->category = kind->category;
	op->action = kind->action;
	if (below(state, 5) == 0 && earlier->recipients > 0) {
		op->address = earlier->address;
		op->recipients = earlier->recipients;
		op->sender = earlier->sender;
		op->category = earlier->category;
		op->action = earlier->action;
		op->told_as = earlier->told_as;
	}
	stream->told[op->number % PROPERTY_REMEMBERED] = *op;
}

bool
op_stream_next(OpStream *stream, Op *op)
{
	uint64_t state = stream->seed ^ (stream->next * PROPERTY_WRITERS + stream->writer) << 20;
	unsigned choice;

	if (stream->next == stream->count)
		return false;
	*op = (Op){ .kind = OP_TELL, .writer = stream->writer, .number = stream->next, .told_as = stream->next };
	stream->next++;
	choice = below(&state, 100);
	if (choice < 78) {
		make_report(&state, stream, op);
	} else if (choice < 84) {
		make_shared(&state, stream, op);
	} else if (choice < 91) {
		op->kind = choice < 87 ? OP_ADD : OP_REMOVE;
		op->address = below(&state, PROPERTY_ADDRESSES);
		op->whole_domain = below(&state, 8) == 0;
		op->sender = (int)below(&state, PROPERTY_SENDERS + 1) - 1;
		op->days = below(&state, 6);
	} else {
		op->kind = OP_AGE;
		op->days = 1 + below(&state, 2);
		stream->today += op->days * PROPERTY_DAY;
	}
	return true;
}

char *
op_domain(const Op *op)
{
	return op->shared ? g_strdup("shared.example") : g_strdup_printf("w%u.example", op->writer);
}

char *
op_address(const Op *op, unsigned index)
{
	g_autofree char *domain = op_domain(op);
	unsigned count = op->shared ? PROPERTY_SHARED : PROPERTY_ADDRESSES;

	return g_strdup_printf("p%u@%s", (op->address + index) % count, domain);
}

const char *
op_sender(int sender)
{
	static const char *const senders[PROPERTY_SENDERS] = { "news.example", "shop.example", "bank.example" };

	return sender < 0 ? SCOPE_ALL : senders[sender];
}

char *
op_key(const Op *op, unsigned index)
{
	return op->shared ? g_strdup_printf("shared %" G_GUINT64_FORMAT, op->told_as)
			  : g_strdup_printf("%u %" G_GUINT64_FORMAT " %u", op->writer, op->told_as, index);
}
