#include "map_settings.h"

#include <glib/gstdio.h>

#define HEAD "database: {url: postgresql:///x}\nmap:\n  listeners:\n"
#define ONE "    - {name: one, socket: /run/one}\n"

static const struct {
	const char *text, *message; /* message: after "FILE:" */
} refusals[] = {
	{ "database: {url: postgresql:///x}\n", "1: section 'map' is missing" },
	{ "map:\n  threads: 4\n", "1: 'listeners' is missing" },
	{ "map:\n  listeners: {}\n", "2: 'listeners' must be a list with at least one '- name: ...'" },
	{ HEAD "    - {name: one}\n", "4: 'socket' is missing" },
	{ HEAD "    - {name: one, socket: /run/one, role: outbound}\n", "4: unknown key 'role'" },
	{ HEAD "    - {name: one, socket: run/one}\n",
		"4: socket 'run/one': 'unix:/path' or 'inet:port@address' is expected" },
	{ HEAD "    - {name: one, socket: /run/one, format: regexp}\n",
		"4: 'format' must be one of: access, transport, sendmail; not 'regexp'" },
	{ HEAD "    - {name: one, socket: /run/one, mode: discard}\n",
		"4: format 'access' cannot discard for one recipient: it would be for all of the message; use format "
		"transport" },
	{ HEAD "    - {name: one, socket: /run/one, format: sendmail, exceptions: [{scope: all, mode: mark}]}\n",
		"4: format 'sendmail' cannot mark" },
	{ HEAD ONE "    - {name: one, socket: /run/two}\n", "5: there are two listeners 'one'" },
	{ HEAD ONE "    - {name: two, socket: /run/one}\n", "5: listener 'one' has the same socket" },
	{ HEAD ONE "  max_clients: 0\n", "5: 'max_clients' must lie between 1 and 100000" },
	{ HEAD ONE "redis: {adress: x}\n", "5: unknown key 'adress'" },
};

static char *
write_file(const char *text)
{
	g_autofree char *folder = g_dir_make_tmp("retour-map-settings-XXXXXX", NULL);
	char *path = g_build_filename(folder, "retour.yaml", NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static void
remove_file(const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);

	g_unlink(path);
	g_rmdir(folder);
}

static MapSettings *
load(const char *text, GError **error)
{
	g_autofree char *path = write_file(text);
	MapSettings *settings = map_settings_load(path, error);

	remove_file(path);
	return settings;
}

static void
test_refusals(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autoptr(GError) error = NULL;

		g_test_message("%s", refusals[i].text);
		g_assert_null(load(refusals[i].text, &error));
		g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
		g_assert_cmpstr(strchr(error->message, ':') + 1, ==, refusals[i].message);
	}
}

static void
test_good(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(MapSettings) settings = load(HEAD ONE
		"    - {name: two, socket: 'inet:2000@127.0.0.1', format: transport, mode: discard, support: us}\n",
		&error);

	g_assert_no_error(error);
	g_assert_cmpuint(settings->listeners->len, ==, 2);
	const MapListener *one = settings->listeners->pdata[0], *two = settings->listeners->pdata[1];

	g_assert_cmpint(one->format, ==, FORMAT_ACCESS);
	g_assert_cmpint(one->blocking.mode, ==, BLOCK_REJECT);
	g_assert_cmpstr(one->listen.mode, ==, "0660");
	g_assert_cmpint(two->format, ==, FORMAT_TRANSPORT);
	g_assert_cmpint(two->blocking.mode, ==, BLOCK_DISCARD);
	g_assert_cmpint(settings->idle_ms, ==, 3600000);
}

static void
test_change(void)
{
	static const struct {
		const char *listeners, *message;
	} changes[] = {
		{ "    - {name: one, socket: /run/one, mode: log, support: them}\n", NULL },
		{ "    - {name: one, socket: /run/else}\n", "'socket' changes with a restart only" },
		{ "    - {name: one, socket: /run/one, socket_mode: '0666'}\n",
			"'socket_mode' changes with a restart only" },
		{ "    - {name: another, socket: /run/one}\n", "'name' changes with a restart only" },
		{ ONE "    - {name: two, socket: /run/two}\n", "'listeners' changes with a restart only" },
	};
	g_autoptr(MapSettings) old = load(HEAD ONE, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		g_autofree char *text = g_strconcat(HEAD, changes[i].listeners, NULL);
		g_autoptr(MapSettings) new = load(text, NULL);
		g_autoptr(GError) error = NULL;

		g_assert_true(map_settings_check_change(old, new, &error) == (changes[i].message == NULL));
		g_assert_cmpstr(error == NULL ? NULL : error->message, ==, changes[i].message);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/map_settings/refusals", test_refusals);
	g_test_add_func("/map_settings/good", test_good);
	g_test_add_func("/map_settings/change", test_change);
	return g_test_run();
}
