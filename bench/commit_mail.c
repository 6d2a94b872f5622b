#include "commit_mail.h"

#include "database.h"
#include "sent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROVIDERS 8  /* that have half of all addresses */
#define DOMAINS 2000 /* of the others */
#define MAILS_A_DAY 20000

static void
fail(const char *why)
{
	fprintf(stderr, "commit: recorded mail: %s\n", why);
	exit(1);
}

char *
commit_address(int number)
{
	return g_strdup_printf(
		"person%d@d%d.example", number, number % 2 == 0 ? number / 2 % PROVIDERS : number % DOMAINS);
}

char *
commit_message_id(int number)
{
	return g_strdup_printf("20260101120000.%08d@mta1.sender.example", number);
}

static void
record_originals(char *url, int events)
{
	StoreSettings settings = { .url = url, .connections = 1, .commit_timeout_ms = 60000 };
	g_autoptr(GError) error = NULL;
	SentRecorder *recorder = sent_open(&settings, (size_t)events, &error);

	if (recorder == NULL)
		fail(error->message);
	for (int number = 0; number < events; number++) {
		g_autofree char *address = commit_address(number), *message_id = commit_message_id(number);
		SentRecipient to = { address, "example" };
		SentMail mail = { message_id, "4XqZ1b2c3dz9vQ", "bounces@sender.example", "sender.example",
			g_get_real_time() / G_USEC_PER_SEC, &to, 1, 0 };

		if (number % 20 != 0 && !sent_add(recorder, &mail))
			fail("dropped");
	}
	sent_close(recorder);
}

static void
record_past(const char *url, int days)
{
	g_autofree char *sql = g_strdup_printf(
		"do $$ begin for day in 2..%d loop"
		" perform make_partition('sent', 'sent_past_' || day, 'at', date_trunc('day', now()) - day * interval "
		"'1 day',"
		"  date_trunc('day', now()) - (day - 1) * interval '1 day');"
		" end loop; end $$;"
		"insert into sent (at, mail_key, recipient, message_id, sender_domain, provider, queue_id, sender)"
		" select date_trunc('day', now()) - n * interval '1 day' + i * interval '4 seconds',"
		"  hashtextextended(n || '.' || i, 0), 'r' || i || '@example.org', n || '.' || i || "
		"'@mta1.sender.example',"
		"  'sender.example', 'example.org', '4XqZ1b2c3dz9vQ', 'bounces@sender.example'"
		" from generate_series(1, %d) n, generate_series(1, %d) i;"
		"analyze sent",
		days, days, MAILS_A_DAY);
	g_autoptr(GError) error = NULL;
	g_autoptr(Database) database = database_open(url, 0, &error);

	if (database == NULL || !database_run(database, sql, &error))
		fail(error->message);
}

void
commit_record_mail(char *url, int days, int events)
{
	record_originals(url, events);
	record_past(url, days);
}
