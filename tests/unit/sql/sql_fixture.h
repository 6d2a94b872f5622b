#ifndef RETOUR_SQL_FIXTURE_H
#define RETOUR_SQL_FIXTURE_H

#include "database.h"
#include "store.h"

/* A database of its own per test, in the private server that tests/lab/with_postgres has started. */

/* Skips the whole program visibly when there is no server. */
bool fixture_present(void);
/* Owned: the URL of a new, empty database; that of one with the schema. */
char *fixture_empty_database(void);
char *fixture_database(void);
/* Owned: the same database as that role. */
char *fixture_url_as(const char *url, const char *role);

/* First column of the first row, "" when there is none; the test fails on an error. Owned by the caller. */
char *fixture_text(const char *url, const char *sql);
int64_t fixture_number(const char *url, const char *sql);
void fixture_run(const char *url, const char *sql);
/* Owned: the SQLSTATE-bearing message of a refusal; the test fails when it succeeds. */
char *fixture_refused(const char *url, const char *sql);

/* Of the server: "kill", "start", "stop". */
void fixture_server(const char *verb);
char *fixture_server_log(void);

/* A report of one event and its submission, judged by the fixture's policy. */
typedef struct Sample {
	Report *report;
	Inbound inbound;
	Finding finding;
	Submission submission;
} Sample;

/*
 * The policy of all samples: user_unknown lists for ever, mailbox_full on 3 days within 10 lists for 30 days (60 when it was
 * listed before), complaint_spam lists for the sender domain, domain_not_found lists the domain for a day, to be probed four times,
 * delivered releases all but complaints.
 */
Sample *sample_new(Category category, const char *address, const char *key);
void sample_free(Sample *sample);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sample, sample_free)

Store *fixture_store(const char *url);
Recorded fixture_record(Store *store, const Sample *sample);
Recorded fixture_record_one(
	Store *store, Category category, const char *address, const char *key, Evidence evidence, int64_t days_ago);

#endif
