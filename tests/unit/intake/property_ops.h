#ifndef RETOUR_PROPERTY_OPS_H
#define RETOUR_PROPERTY_OPS_H

#include "finding.h"

/*
 * What the writers of the property test do, as a pure function of seed, writer and number, so that a writer that was
 * killed does the same again. Each writer has addresses and a domain of its own, for what it does to them has one order;
 * what all do to shared addresses comes out the same in any order. Each has its own calendar, which it moves on itself.
 */
#define PROPERTY_WRITERS 8
#define PROPERTY_ADDRESSES 24 /* of each writer */
#define PROPERTY_SHARED 20
#define PROPERTY_SENDERS 3
#define PROPERTY_RECIPIENTS 3 /* of one report, at most */
#define PROPERTY_DAY 86400

typedef enum OpKind {
	OP_TELL,   /* a report */
	OP_ADD,    /* by hand */
	OP_REMOVE, /* by hand */
	OP_AGE,    /* days go by */
} OpKind;

typedef struct Op {
	OpKind kind;
	unsigned writer;
	uint64_t number;
	bool shared;
	unsigned address, recipients; /* TELL: addresses in a row */
	bool whole_domain;            /* ADD, REMOVE */
	int sender;                   /* whose mail; ADD, REMOVE: -1 for all */
	EventAction action;
	Category category;
	Evidence evidence;
	uint64_t told_as; /* TELL: the number of the report that this is a copy of, else its own */
	int64_t at;       /* TELL: when it is received, by the writer's calendar */
	int64_t days;     /* AGE: that go by. ADD: until half a day later; 0: for ever */
} Op;

#define PROPERTY_REMEMBERED 32

typedef struct OpStream {
	uint64_t seed, next, count; /* count: of all ops of the writer */
	unsigned writer;
	int64_t today; /* midnight, by the writer's calendar */
	Op told[PROPERTY_REMEMBERED];
} OpStream;

void op_stream_init(OpStream *stream, uint64_t seed, unsigned writer, uint64_t count);
bool op_stream_next(OpStream *stream, Op *ret_op); /* false: the end */

/* Owned by the caller. */
char *op_address(const Op *op, unsigned index);
char *op_domain(const Op *op);
const char *op_sender(int sender); /* static; -1: SCOPE_ALL */
char *op_key(const Op *op, unsigned index);

/* The first day of every calendar. */
int64_t op_first_day(void);

#endif
