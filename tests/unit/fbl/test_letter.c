#include "letter.h"

#include "imap.h"

#include <string.h>

/* Headers, what is trusted, and the envelope that comes of it: "-" unknown. */
typedef struct Case {
	const char *name, *mail, *trusted, *sender, *recipient;
} Case;

#define BORDER "Return-Path: <>\r\nDelivered-To: bounce+abc@ours.example\r\nX-Original-To: bounce@ours.example\r\n"
#define FORGED "Return-Path: <evil@forged.example>\r\nDelivered-To: victim@ours.example\r\n"

static const Case cases[] = {
	{ "nothing-trusted", BORDER "\r\nx", "", "-", "-" },
	{ "all", BORDER "\r\nx", "Return-Path Delivered-To", "", "bounce+abc@ours.example" },
	{ "first-one-wins", BORDER "\r\nx", "X-Original-To Delivered-To", "-", "bounce@ours.example" },
	{ "next-one-where-absent", BORDER "\r\nx", "Envelope-To X-Original-To", "-", "bounce@ours.example" },
	{ "topmost", BORDER FORGED "\r\nx", "Return-Path Delivered-To", "", "bounce+abc@ours.example" },
	{ "absent-is-unknown", "Subject: x\r\n\r\nReturn-Path: <a@b.example>\r\n", "Return-Path Delivered-To", "-",
		"-" },
	{ "folded", "delivered-to:\r\n bounce@ours.example\r\n\r\n", "Delivered-To", "-", "bounce@ours.example" },
	{ "bare-lf", "Delivered-To: bounce@ours.example\n\nx", "Delivered-To", "-", "bounce@ours.example" },
	{ "sender", "Return-Path: <Some.One@b.example>\n\n", "Return-Path", "Some.One@b.example", "-" },
	{ "torn-sender", "Return-Path: what\n\n", "Return-Path", "-", "-" },
	{ "prefix-of-a-name", "Delivered-To-X: a@b.example\n\n", "Delivered-To", "-", "-" },
	{ "cut-off", "Delivered-To: bounce@ours.exam", "Delivered-To", "-", "bounce@ours.exam" },
	{ "empty", "", "Delivered-To", "-", "-" },
};

static void
test_case(gconstpointer data)
{
	const Case *subject = data;
	g_auto(GStrv) trusted = g_strsplit(subject->trusted, " ", -1);
	const LetterTrust trust = { .headers = (const char *const *)trusted };
	g_autoptr(Letter) letter = letter_new("imap", 1, "id", subject->mail, strlen(subject->mail), false, &trust);

	g_assert_cmpstr(letter->envelope_sender == NULL ? "-" : letter->envelope_sender, ==, subject->sender);
	g_assert_cmpstr(letter->recipients[0] == NULL ? "-" : letter->recipients[0], ==, subject->recipient);
	g_assert_cmpint(letter->outcome, ==, OUTCOME_RETRY);
}

static void
test_uid_set(void)
{
	static const uint32_t uids[] = { 1, 2, 3, 7, 9, 10, 4294967295 };
	g_autofree char *all = imap_uid_set(uids, G_N_ELEMENTS(uids)), *one = imap_uid_set(uids, 1),
			*none = imap_uid_set(uids, 0);

	g_assert_cmpstr(all, ==, "1:3,7,9:10,4294967295");
	g_assert_cmpstr(one, ==, "1");
	g_assert_cmpstr(none, ==, "");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/letter/%s", cases[i].name);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/letter/uid-set", test_uid_set);
	return g_test_run();
}
