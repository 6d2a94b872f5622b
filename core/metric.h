#ifndef RETOUR_METRIC_H
#define RETOUR_METRIC_H

/*
 * Everything that is counted, with the names that monitoring sees: stable, by the conventions of Prometheus. Values of labels
 * come from these tables alone, so that no stranger can make a series.
 */

/* Whose counting it is: a meter has the metrics of the areas that it was made for. */
typedef enum MetricArea {
	AREA_SERVICE = 1,   /* every program */
	AREA_LISTENER = 2,  /* a process of retour-milter */
	AREA_INTAKE = 4,    /* reports on their way to the commit */
	AREA_GATE = 8,      /* the question who is listed */
	AREA_OUTGOING = 16, /* mail that leaves */
	AREA_MIRROR = 32,   /* Redis */
	AREA_MAILBOX = 64,  /* one mailbox of retour-fbl */
	AREA_WATCH = 128,   /* retour-watch */
	AREA_DATABASE = 256,
} MetricArea;

typedef enum Metric {
	METRIC_START_TIME,
	METRIC_RULE_SET, /* the first 64 bits of its hash */

	METRIC_LISTENER_UP,
	METRIC_LISTENER_STARTS,
	METRIC_IN_WORK,
	METRIC_PUT_OFF,

	METRIC_MESSAGES, /* by Outcome and ReportKind */
	METRIC_MESSAGE_SECONDS,
	METRIC_EVENTS,       /* by Category and Evidence */
	METRIC_EVENT_COPIES, /* by EventCopy */
	METRIC_ENTRIES,      /* by EntryChange */
	METRIC_OUTAGES,
	METRIC_COMMIT_SECONDS,
	METRIC_COMMIT_MESSAGES,
	METRIC_COMMIT_EVENTS,
	METRIC_COMMIT_FAILURES, /* by CommitFailure */
	METRIC_QUEUE_EVENTS,

	METRIC_DATABASE_CONNECTS,
	METRIC_DATABASE_FAILURES,

	METRIC_QUESTIONS, /* by QuestionAnswer and QuestionBy */

	METRIC_RECIPIENTS, /* by RecipientAction */
	METRIC_SENT_LEFT_OUT,

	METRIC_REDIS_UP,
	METRIC_REDIS_CONNECTS,
	METRIC_MIRROR_CURRENT,
	METRIC_MIRROR_TIME,
	METRIC_MIRROR_REBUILDS,
	METRIC_MIRROR_FAILURES,

	METRIC_MAILBOX_UP,
	METRIC_MAILBOX_MESSAGES, /* by Outcome */
	METRIC_MAILBOX_TIME,
	METRIC_MAILBOX_SET_ASIDE,
	METRIC_MAILBOX_ERRORS,

	METRIC_WATCH_TIME,
	METRIC_WATCH_FAILURES,
	METRIC_ALERTS, /* by AlertResult */
	METRIC_COUNT
} Metric;

/* Values of labels that are nobody else's names. */
typedef enum PutOff {
	PUT_OFF_BUSY,     /* max_messages */
	PUT_OFF_NO_STORE, /* a report that cannot be recorded */
	PUT_OFF_NO_LIST,  /* the list cannot be asked, and when_unavailable is tempfail */
} PutOff;

typedef enum EventCopy {
	COPY_DUPLICATE,
	COPY_IMPROVED,
	COPY_NOT_KEPT
} EventCopy;

typedef enum EntryChange {
	ENTRY_LISTED,
	ENTRY_RELEASED,
	ENTRY_HELD
} EntryChange;

typedef enum CommitFailure {
	COMMIT_CONFLICT, /* tried again by itself */
	COMMIT_LOST,     /* the connection */
	COMMIT_REFUSED,  /* its callers were told so */
} CommitFailure;

typedef enum QuestionAnswer {
	QUESTION_OPEN,
	QUESTION_LISTED,
	QUESTION_UNANSWERED
} QuestionAnswer;

typedef enum QuestionBy {
	BY_FILTER,
	BY_REDIS,
	BY_DATABASE,
	BY_STALE_REDIS,
	BY_NOBODY
} QuestionBy;

typedef enum RecipientAction {
	RECIPIENT_PASSED, /* and on no list; nobody is counted twice */
	RECIPIENT_REFUSED,
	RECIPIENT_REMOVED, /* while others of the message are served */
	RECIPIENT_DISCARDED,
	RECIPIENT_MARKED,       /* delivered */
	RECIPIENT_WOULD_REFUSE, /* delivered */
} RecipientAction;

typedef enum AlertResult {
	ALERT_TOLD,
	ALERT_FAILED, /* comes again */
	ALERT_GIVEN_UP
} AlertResult;

#endif
