#include "normalise.h"

static const struct Case {
	const char *text, *normal;
} cases[] = {
	{ "550 5.1.1 User Unknown", "550 5.1.1 user unknown" },
	{ "550-5.1.1 The account\r\n550 5.1.1 does  not\texist", "550 5.1.1 the account does not exist" },
	{ "550-5.1.1 The account 550 5.1.1 does not exist", "550 5.1.1 the account does not exist" },
	{ "452-4.2.2 Full. 452 4.2.2 Try later", "452 4.2.2 full. try later" },
	{ "<a.b+c=d@example.com>: Recipient address rejected", "<addr>: recipient address rejected" },
	{ "address a@example.com. Sorry", "address <addr>. sorry" },
	{ "User a@example.com, b@example.org unknown", "user <addr>, <addr> unknown" },
	{ "host mx1.example.com[192.0.2.7] said: 554 no", "host <host>[<ip>] said: 554 no" },
	{ "from [2001:db8::7] and IPv6:2001:db8:1:2:3:4:5:6.", "from [<ip>] and ipv6:<ip>." },
	{ "connect to mx.example.com[2001:db8::1]:25: timed out", "connect to <host>[<ip>]:25: timed out" },
	{ "id=4F2E41A0B3C9 q2si12345678abc", "id=<id> <id>" },
	{ "message 1abCdE-0003Xy-2z refused", "message <id> refused" },
	{ "message 1rAbCd-00000003XyZ-2z4A refused", "message <id> refused" },
	{ "(S3140) [TSS04] AS(201806281) 5.7.606 OFR004_402 LPN007_510 HT204137",
		"(s3140) [tss04] as(201806281) 5.7.606 ofr004_402 lpn007_510 ht204137" },
	{ "RESOLVER.ADR.RecipientNotFound; no", "resolver.adr.recipientnotfound; no" },
	{ "STOREDRV.Deliver.Exception:QuotaExceeded", "storedrv.deliver.exception:quotaexceeded" },
	{ "mailbox unknown.Please check", "mailbox unknown.please check" },
	{ "serial 1234567 port 4025", "serial <id> port 4025" },
	{ "see https://support.example.com/mail/?p=NoSuchUser now", "see http://<host>/mail/?p=nosuchuser now" },
	{ "http://www.kept.example/lookup?ip=192.0.2.7.", "http://www.kept.example/lookup?ip=<ip>." },
	{ "blocked using zen.kept.example;", "blocked using zen.kept.example;" },
	{ "blocked using notkept.example;", "blocked using <host>;" },
	{ "user doesn\u2019t exist \u201chere\u201d", "user doesn't exist \"here\"" },
	{ "\uff35\uff33\uff25\uff32 \u00c4\u00d6 Stra\u00dfe\u00a0x", "user \u00e4\u00f6 strasse x" },
	{ "宛先user@example.jpは存在しません", "宛先<addr>は存在しません" },
	{ "Sorry. (#5.1.1)", "sorry. (#5.1.1)" },
	{ "smtp;550 #5.1.0 Address rejected.", "smtp;550 #5.1.0 address rejected." },
	{ "@ x@ @y =@= .", "@ x@ @y =@= ." },
	{ "  padded  ", "padded" },
	{ "<addr> and <host> stay", "<addr> and <host> stay" },
	{ "", "" },
};

static void
check_cases(void)
{
	g_autoptr(GHashTable) kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	normalise_collect_hosts("see (www\\.)?kept\\.example or not", kept);
	g_assert_true(g_hash_table_contains(kept, "kept.example"));
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *normal = normalise(cases[i].text, kept, NULL, NULL);

		g_assert_cmpstr(normal, ==, cases[i].normal);
	}
}

static void
note_host(void *context, const char *host)
{
	g_string_append_printf(context, "%s ", host);
}

static void
check_hosts(void)
{
	g_autoptr(GString) hosts = g_string_new(NULL);
	g_autofree char *normal =
		normalise("host MX.Example.COM[192.0.2.1] said: see http://help.example.org/?h=path.example "
			  "about a@secret.example",
			NULL, note_host, hosts);

	g_assert_nonnull(strstr(normal, "<host>"));
	g_assert_cmpstr(hosts->str, ==, "mx.example.com help.example.org ");
}

static void
check_hostile(void)
{
	g_autofree char *dots = g_strnfill(100000, '.'), *words = g_strnfill(100000, 'a');
	g_autofree char *one = normalise(dots, NULL, NULL, NULL), *two = normalise(words, NULL, NULL, NULL);
	g_autofree char *bad = normalise("\xff\xfe user\xc3", NULL, NULL, NULL);

	g_assert_cmpuint(strlen(one), <=, 8192);
	g_assert_cmpuint(strlen(two), <=, 8192);
	g_assert_true(g_utf8_validate(bad, -1, NULL));
}

static void
check_literals(void)
{
	g_autofree char *literal = normalise_literal("User\n  Doesn\u2019t  Exist");

	g_assert_cmpstr(literal, ==, "user doesn't exist");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/normalise/cases", check_cases);
	g_test_add_func("/normalise/hosts", check_hosts);
	g_test_add_func("/normalise/hostile", check_hostile);
	g_test_add_func("/normalise/literals", check_literals);
	return g_test_run();
}
