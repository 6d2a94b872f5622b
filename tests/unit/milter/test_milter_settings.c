#include "milter_settings.h"

#include <glib/gstdio.h>
#include <string.h>

#define HEAD "database: {url: postgresql:///x}\nmilter:\n  listeners:\n"
#define IN "    - {name: in, role: inbound, socket: /run/in, bounce_addresses: ['@b.example']}\n"
#define OUT "    - {name: out, role: outbound, socket: /run/out}\n"

static const struct Refusal {
	const char *name, *text, *message; /* message: after "FILE:" */
} refusals[] = {
	{ "no-milter", "database: {url: postgresql:///x}\n", "1: section 'milter' is missing" },
	{ "no-listeners", "database: {url: postgresql:///x}\nmilter:\n  drain: 5s\n", "2: 'listeners' is missing" },
	{ "listeners-map", HEAD "    in: {role: inbound}\n",
		"3: 'listeners' must be a list with at least one '- name: ...'" },
	{ "unknown-key", HEAD "    - {name: in, role: inbound, sockett: /run/in}\n", "4: unknown key 'sockett'" },
	{ "role", HEAD "    - {name: in, role: both, socket: /run/in}\n",
		"4: 'role' must be one of: inbound, internal, outbound; not 'both'" },
	{ "no-socket", HEAD "    - {name: in, role: outbound}\n", "4: 'socket' is missing" },
	{ "relative-socket", HEAD "    - name: out\n      role: outbound\n      socket: unix:run/out\n",
		"6: socket 'unix:run/out': the path must be absolute" },
	{ "mode", HEAD "    - name: out\n      role: outbound\n      socket: /run/out\n      socket_mode: rw\n",
		"7: 'rw' is no octal mode such as 0660" },
	{ "group",
		HEAD
		"    - name: out\n      role: outbound\n      socket: /run/out\n      socket_group: no such group\n",
		"7: there is no group 'no such group'" },
	{ "user", "database: {url: postgresql:///x}\nmilter:\n  user: no such user\n  listeners:\n" OUT,
		"3: there is no user 'no such user'" },
	{ "nothing-ours", HEAD "    - {name: in, role: inbound, socket: /run/in}\n",
		"4: listener 'in' needs 'bounce_addresses', 'feedback_addresses' or 'unsubscribe_addresses', or no "
		"mail is ever "
		"for it" },
	{ "bad-address",
		HEAD "    - name: in\n      role: inbound\n      socket: /run/in\n      bounce_addresses:\n        - "
		     "a@b.example\n"
		     "        - b@\n",
		"9: 'b@' is neither an address (bounce@example.org), nor a prefix (bounce+*@example.org), nor a domain "
		"(@example.org)" },
	{ "outbound-key-inbound",
		HEAD
		"    - name: in\n      role: inbound\n      socket: /run/in\n      bounce_addresses: ['@b.example']\n"
		"      mode: log\n",
		"8: 'mode' has no meaning for the role inbound" },
	{ "inbound-key-outbound",
		HEAD "    - name: out\n      role: outbound\n      socket: /run/out\n      after_record: accept\n",
		"7: 'after_record' has no meaning for the role outbound" },
	{ "require-internal",
		HEAD "    - name: int\n      role: internal\n      socket: /run/int\n      require: any\n",
		"7: 'require' has no meaning for the role internal" },
	{ "header-name",
		HEAD
		"    - name: in\n      role: inbound\n      socket: /run/in\n      bounce_addresses: ['@b.example']\n"
		"      result_header: 'X: y'\n",
		"8: 'X: y' is no header name" },
	{ "same-name", HEAD OUT "    - {name: out, role: outbound, socket: /run/out2}\n",
		"5: there are two listeners 'out'" },
	{ "same-socket", HEAD OUT "    - {name: out2, role: outbound, socket: /run/out}\n",
		"5: listener 'out' has the same socket" },
	{ "database", HEAD OUT "redis: {adress: x}\n", "5: unknown key 'adress'" },
};

typedef struct File {
	char *folder, *path;
} File;

static File
write_file(const char *text)
{
	File file = { .folder = g_dir_make_tmp("retour-settings-XXXXXX", NULL) };

	file.path = g_build_filename(file.folder, "retour.yaml", NULL);
	g_assert_true(g_file_set_contents(file.path, text, -1, NULL));
	return file;
}

static void
remove_file(File *file)
{
	g_unlink(file->path);
	g_rmdir(file->folder);
	g_free(file->path);
	g_free(file->folder);
}

static void
test_refusal(gconstpointer data)
{
	const struct Refusal *c = data;
	File file = write_file(c->text);
	g_autofree char *expected = g_strdup_printf("%s:%s", file.path, c->message);
	g_autoptr(GError) error = NULL;

	g_assert_null(milter_settings_load(file.path, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	g_assert_cmpstr(error->message, ==, expected);
	remove_file(&file);
}

static void
test_good(void)
{
	File file = write_file(HEAD IN OUT);
	g_autoptr(GError) error = NULL;
	g_autoptr(MilterSettings) settings = milter_settings_load(file.path, &error);
	const ListenerSettings *in, *out;

	g_assert_no_error(error);
	g_assert_cmpint(settings->drain_ms, ==, 30000);
	in = milter_settings_find(settings, "in");
	g_assert_cmpint(in->role, ==, ROLE_INBOUND);
	g_assert_cmpint(in->after_record, ==, AFTER_RECORD_DISCARD);
	g_assert_cmpstr(in->bounce_addresses[0], ==, "@b.example");
	out = milter_settings_find(settings, "out");
	g_assert_cmpint(out->role, ==, ROLE_OUTBOUND);
	g_assert_cmpint(out->blocking.mode, ==, BLOCK_REJECT);
	g_assert_cmpint(out->blocking.when_unavailable, ==, UNAVAILABLE_ACCEPT);
	g_assert_null(milter_settings_find(settings, "none"));
	remove_file(&file);
}

static void
test_fixed(void)
{
	File a = write_file(HEAD OUT),
	     b = write_file(HEAD "    - {name: out, role: outbound, socket: /run/else, mode: log}\n"),
	     c = write_file(HEAD "    - {name: out, role: outbound, socket: /run/out, mode: log, support: us}\n");
	g_autoptr(MilterSettings) old = milter_settings_load(a.path, NULL), moved = milter_settings_load(b.path, NULL),
				  softer = milter_settings_load(c.path, NULL);

	g_assert_cmpstr(
		listener_settings_fixed_change(milter_settings_find(old, "out"), milter_settings_find(moved, "out")),
		==, "socket");
	g_assert_null(
		listener_settings_fixed_change(milter_settings_find(old, "out"), milter_settings_find(softer, "out")));
	remove_file(&a);
	remove_file(&b);
	remove_file(&c);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *path = g_strdup_printf("/milter_settings/refused/%s", refusals[i].name);

		g_test_add_data_func(path, &refusals[i], test_refusal);
	}
	g_test_add_func("/milter_settings/good", test_good);
	g_test_add_func("/milter_settings/fixed", test_fixed);
	return g_test_run();
}
