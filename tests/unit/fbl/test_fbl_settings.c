#include "fbl_settings.h"
#include "imap_stream.h"

#include <glib/gstdio.h>
#include <string.h>

#define HEAD "database: {url: postgresql:///x}\nmailboxes:\n"
#define BOX "  - {name: a, host: imap.example, user: u}\n"

static const struct Refusal {
	const char *name, *text, *message; /* message: after "FILE:" */
} refusals[] = {
	{ "no-section", "database: {url: postgresql:///x}\n", "1: section 'mailboxes' is missing" },
	{ "map", HEAD "  a: b\n", "2: 'mailboxes' must be a list with at least one '- name: ...'" },
	{ "no-name", HEAD "  - {host: imap.example}\n", "3: 'name' is missing" },
	{ "unknown-key", HEAD "  - {name: a, hots: x}\n", "3: unknown key 'hots'" },
	{ "neither", HEAD "  - {name: a}\n", "3: mailbox 'a' needs either 'host' or 'maildir'" },
	{ "both", HEAD "  - {name: a, host: h, user: u, maildir: /m}\n",
		"3: mailbox 'a' needs either 'host' or 'maildir'" },
	{ "no-user", HEAD "  - {name: a, host: h}\n", "3: mailbox 'a' needs 'user'" },
	{ "url-as-host", HEAD "  - name: a\n    host: imaps://h\n    user: u\n",
		"4: 'imaps://h' is neither a host name nor an address" },
	{ "plain", HEAD "  - name: a\n    host: 192.0.2.1\n    user: u\n    tls: none\n",
		"6: 'tls: none' is for a loopback address: the password would pass in the clear" },
	{ "plain-lookalike", HEAD "  - name: a\n    host: localhost.example\n    user: u\n    tls: none\n",
		"6: 'tls: none' is for a loopback address: the password would pass in the clear" },
	{ "same-name", HEAD BOX BOX, "4: there are two mailboxes 'a'" },
	{ "feeds-itself", HEAD "  - name: a\n    host: h\n    user: u\n    handled: INBOX\n",
		"6: 'INBOX' is one of the folders that are read" },
	{ "header", HEAD "  - name: a\n    host: h\n    user: u\n    trusted_headers: [Return-Path,\n      To]\n",
		"7: 'To' tells no envelope" },
	{ "authserv-id",
		HEAD "  - name: a\n    maildir: /m\n    trusted_received: mx\n    trusted_authserv_ids:\n    - mx/1\n",
		"7: 'mx/1' is no host name" },
	{ "no-received", HEAD "  - name: a\n    maildir: /m\n    trusted_authserv_ids: mx\n",
		"5: 'trusted_authserv_ids' needs 'trusted_received', the hosts whose Received lines stand above" },
	{ "unsubscribe",
		HEAD "  - name: a\n    maildir: /m\n    trusted_headers: Delivered-To\n"
		     "    unsubscribe_addresses: [u-*@lists.example, 'u-*']\n",
		"6: 'u-*' is neither an address (bounce@example.org), nor a prefix (bounce+*@example.org), nor a "
		"domain "
		"(@example.org)" },
	{ "unsubscribe-untold", HEAD "  - name: a\n    maildir: /m\n    unsubscribe_addresses: u-*@lists.example\n",
		"5: 'unsubscribe_addresses' needs 'trusted_headers', which tell to whom mail was addressed" },
	{ "no-authserv-id", HEAD "  - name: a\n    maildir: /m\n    trusted_received: mx\n",
		"5: 'trusted_received' says where headers of 'trusted_authserv_ids' are believed, and none is named" },
	{ "any-host", HEAD "  - name: a\n    maildir: /m\n    trusted_authserv_ids: mx\n    trusted_received: '*'\n",
		"6: '*' names no host" },
	{ "oauth-missing", HEAD "  - {name: a, host: h, user: u, auth: xoauth2}\n",
		"3: 'oauth' goes with 'auth: xoauth2' or 'auth: oauthbearer'" },
	{ "oauth-key", HEAD "  - name: a\n    host: h\n    user: u\n    auth: xoauth2\n    oauth: {client: x}\n",
		"7: unknown key 'client'" },
	{ "oauth-plain",
		HEAD "  - name: a\n    host: h\n    user: u\n    auth: xoauth2\n    oauth: {client_id: x, token_url: "
		     "'http://t'}\n",
		"7: 'token_url' must begin with https://" },
	{ "oauth-tenant",
		HEAD "  - name: a\n    host: h\n    user: u\n    auth: xoauth2\n    oauth: {client_id: x, preset: "
		     "microsoft}\n",
		"7: 'preset: microsoft' needs 'tenant'" },
	{ "maildir-port", HEAD "  - name: a\n    maildir: /m\n    port: 1\n",
		"5: 'port' has no meaning for a Maildir" },
	{ "maildir-relative", HEAD "  - name: a\n    maildir: m\n", "4: 'm' is no absolute path" },
	{ "maildir-path", HEAD "  - name: a\n    maildir: /m\n    handled: ../x\n",
		"5: '../x' is no folder of a Maildir" },
};

static FblSettings *
load(const char *text, char **ret_path, GError **error)
{
	g_autofree char *folder = g_dir_make_tmp("retour-fbl-XXXXXX", NULL);
	FblSettings *settings;

	*ret_path = g_build_filename(folder, "retour.yaml", NULL);
	g_assert_true(g_file_set_contents(*ret_path, text, -1, NULL));
	settings = fbl_settings_load(*ret_path, error);
	g_unlink(*ret_path);
	g_rmdir(folder);
	return settings;
}

static void
test_refusal(gconstpointer data)
{
	const struct Refusal *refusal = data;
	g_autofree char *path = NULL, *expected = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(FblSettings) settings = load(refusal->text, &path, &error);

	g_assert_null(settings);
	g_assert_true(g_error_matches(error, RETOUR_ERROR, ERROR_CONFIG));
	expected = g_strdup_printf("%s:%s", path, refusal->message);
	g_assert_cmpstr(error->message, ==, expected);
}

static void
test_values(void)
{
	g_autofree char *path = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(FblSettings) settings =
		load(HEAD BOX "  - {name: b, host: \"::1\", user: u, tls: none, handled: Done, folders: [A, B]}\n"
			      "  - {name: c, maildir: /m, unreadable: Bad}\n",
			&path, &error);
	const MailboxSettings *a, *b, *c;

	g_assert_no_error(error);
	g_assert_cmpuint(settings->mailboxes->len, ==, 3);
	a = settings->mailboxes->pdata[0];
	b = settings->mailboxes->pdata[1];
	c = settings->mailboxes->pdata[2];
	g_assert_cmpint(a->port, ==, 993);
	g_assert_cmpint(a->tls, ==, IMAP_TLS_IMPLICIT);
	g_assert_cmpstr(a->folders[0], ==, "INBOX");
	g_assert_cmpstr(a->handled, ==, "");
	g_assert_cmpstr(a->not_a_report, ==, "");
	g_assert_null(a->trusted_headers[0]);
	g_assert_cmpint(b->port, ==, 143);
	g_assert_cmpstr(b->handled, ==, "Done");
	g_assert_cmpstr(b->folders[1], ==, "B");
	g_assert_cmpstr(c->maildir, ==, "/m");
	g_assert_cmpstr(c->unreadable, ==, "Bad");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *path = g_strdup_printf("/fbl_settings/refused/%s", refusals[i].name);

		g_test_add_data_func(path, &refusals[i], test_refusal);
	}
	g_test_add_func("/fbl_settings/values", test_values);
	return g_test_run();
}
