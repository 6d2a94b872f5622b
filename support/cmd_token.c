#include "command.h"

#include "address.h"
#include "cells.h"
#include "json_line.h"
#include "listing_out.h"
#include "token_text.h"
#include "when.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define GRACE "1d"

static const char *const key_states[] = {
	[KEY_COMING] = "coming",
	[KEY_SIGNING] = "signs",
	[KEY_OLD] = "accepted",
	[KEY_RETIRED] = "retired",
};

/* The section, with a key ring in it. */
static const TrustSettings *
ring_settings(App *app, GError **error)
{
	const TrustSettings *settings = app_trust(app, error);

	if (settings == NULL || *settings->keys != '\0')
		return settings;
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG,
		"%s: no key ring is configured: set 'keys' in its section 'trust'", app_config_path(app));
	return NULL;
}

/* Root makes the first file: the services, which run as somebody else, are to read it and not to change it. */
static bool
hand_to_services(App *app, const char *path, GError **error)
{
	const YamlFile *file;
	const YamlNode *milter;
	const struct passwd *user;

	if (geteuid() != 0)
		return true;
	if (!app_config(app, &file, error))
		return false;
	milter = yaml_get(yaml_file_root(file), "milter");
	milter = milter == NULL ? NULL : yaml_get(milter, "user");
	user = milter == NULL || yaml_scalar(milter) == NULL ? NULL : getpwnam(yaml_scalar(milter));
	if (user == NULL || (chown(path, 0, user->pw_gid) == 0 && chmod(path, S_IRUSR | S_IWUSR | S_IRGRP) == 0))
		return true;
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: its group cannot be changed", path);
	return false;
}

static void
say_new_key(App *app, const char *path, uint8_t id, int64_t from)
{
	if (app_json(app)) {
		JsonObject *object = json_object_new();

		json_object_set_int_member(object, "key", id);
		json_set_time(object, "signs_from", from);
		json_line_print(object);
		return;
	}
	if (from <= now_seconds()) {
		app_say("Key %u signs at once. Copy %s to every host, then reload the services there.\n", id, path);
	} else {
		g_autofree char *when = when_text(from);

		app_say("Key %u signs from %s. Before that, copy %s to every host and reload the services there.\n", id,
			when, path);
	}
}

static int
new_key_run(App *app, const Command *self, char **words)
{
	g_autofree char *grace = NULL;
	const GOptionEntry entries[] = {
		{ "grace", 0, 0, G_OPTION_ARG_STRING, &grace, "How long from now until it signs (" GRACE ")", "TIME" },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;
	int64_t grace_ms, from;
	uint8_t id;

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (words[1] != NULL)
		return command_misused("no argument is wanted");
	if (!duration_parse(grace == NULL ? GRACE : grace, &grace_ms))
		return command_misused("--grace must be a time such as 12h or 2d");
	const TrustSettings *settings = ring_settings(app, &error);
	if (settings == NULL)
		return app_fail(error);
	bool fresh = !g_file_test(settings->keys, G_FILE_TEST_EXISTS);
	if (!keyring_add(settings->keys, now_seconds(), grace_ms / 1000, &id, &from, &error)
		|| (fresh && !hand_to_services(app, settings->keys, &error)))
		return app_fail(error);
	say_new_key(app, settings->keys, id, from);
	return app_finish(EX_OK);
}

static const Command token_new_key = {
	.name = "new-key",
	.summary = "Make a key; it signs after a grace period, the first one at once",
	.description = "Keys that signed before are accepted until they are retired.",
	.run = new_key_run,
};

static void
list_text(const KeyRing *ring)
{
	static const Column columns[] = { { "KEY", 4, 4, false }, { "STATE", 9, 9, false },
		{ "SIGNS FROM", 17, 17, false }, { "UNTIL", 17, 17, false }, { "RETIRED", 17, 17, false }, { 0 } };
	g_autoptr(Cells) cells = cells_new(columns, cells_terminal_width());
	g_autoptr(GString) out = g_string_new(NULL);

	cells_titles(cells, out);
	for (size_t i = 0; i < keyring_count(ring); i++) {
		KeyInfo key = keyring_info(ring, i, now_seconds());
		g_autofree char *id = g_strdup_printf("%u", key.id), *from = when_text(key.signs_from);
		g_autofree char *until = key.signs_until == 0 ? NULL : when_text(key.signs_until);
		g_autofree char *retired = key.retired_at == 0 ? NULL : when_text(key.retired_at);

		cells_row(cells, out, (const char *const[]){ id, key_states[key.state], from, until, retired });
	}
	app_say("%s", out->str);
}

static void
list_json(const KeyRing *ring)
{
	for (size_t i = 0; i < keyring_count(ring); i++) {
		KeyInfo key = keyring_info(ring, i, now_seconds());
		JsonObject *object = json_object_new();

		json_object_set_int_member(object, "key", key.id);
		json_object_set_string_member(object, "state", key_states[key.state]);
		json_set_time(object, "created", key.created_at);
		json_set_time(object, "signs_from", key.signs_from);
		json_set_time(object, "signs_until", key.signs_until);
		json_set_time(object, "retired", key.retired_at);
		json_line_print(object);
	}
}

static int
list_run(App *app, const Command *self, char **words)
{
	g_autoptr(GError) error = NULL;

	if (!command_options(app, self, NULL, words))
		return EX_USAGE;
	const TrustSettings *settings = ring_settings(app, &error);
	g_autoptr(KeyRing) ring = settings == NULL ? NULL : keyring_load(settings->keys, &error);
	if (ring == NULL)
		return app_fail(error);
	if (app_json(app))
		list_json(ring);
	else
		list_text(ring);
	return app_finish(EX_OK);
}

static const Command token_list = {
	.name = "list",
	.summary = "List the keys, newest first",
	.run = list_run,
};

/* NULL: it can go. Else why mail would suffer. */
static const char *
still_needed(const KeyRing *ring, uint8_t id, int64_t lifetime_seconds)
{
	int64_t now = now_seconds();

	for (size_t i = 0; i < keyring_count(ring); i++) {
		KeyInfo key = keyring_info(ring, i, now);

		if (key.id != id)
			continue;
		if (key.state == KEY_SIGNING)
			return "it signs now";
		if (key.state == KEY_OLD && key.signs_until + lifetime_seconds > now)
			return "mail that it signed may still come back";
	}
	return NULL;
}

static int
retire_run(App *app, const Command *self, char **words)
{
	gboolean force = FALSE;
	const GOptionEntry entries[] = {
		{ "force", 0, 0, G_OPTION_ARG_NONE, &force, "Also a key that is needed: it was stolen", NULL },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;
	guint64 id;

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (words[1] == NULL || words[2] != NULL || !g_ascii_string_to_unsigned(words[1], 10, 1, UINT8_MAX, &id, NULL))
		return command_misused("the number of one key is wanted");
	const TrustSettings *settings = ring_settings(app, &error);
	g_autoptr(KeyRing) ring = settings == NULL ? NULL : keyring_load(settings->keys, &error);
	if (ring == NULL)
		return app_fail(error);
	const char *need = force ? NULL : still_needed(ring, (uint8_t)id, settings->lifetime_ms / 1000);
	if (need != NULL) {
		g_printerr("%s: key %u stays: %s (--force retires it all the same)\n", g_get_prgname(), (unsigned)id,
			need);
		return EX_DATAERR;
	}
	if (!keyring_retire(settings->keys, (uint8_t)id, now_seconds(), &error))
		return app_fail(error);
	if (app_json(app)) {
		JsonObject *object = json_object_new();

		json_object_set_int_member(object, "key", (gint64)id);
		json_object_set_boolean_member(object, "retired", TRUE);
		json_line_print(object);
	} else {
		app_say("Key %u is retired. Copy %s to every host, then reload the services there.\n", (unsigned)id,
			settings->keys);
	}
	return app_finish(EX_OK);
}

static const Command token_retire = {
	.name = "retire",
	.arguments = "NUMBER",
	.summary = "Refuse what a key signed, from now on; its secret is deleted",
	.run = retire_run,
};

static void
say_state(App *app, const TokenText *text, const TokenVerdict *verdict)
{
	if (app_json(app)) {
		JsonObject *object = token_text_json(text);

		json_object_set_string_member(object, "state", token_state_name(verdict->state));
		if (verdict->state != TOKEN_INVALID && verdict->state != TOKEN_RETIRED_KEY)
			json_object_set_string_member(object, "purpose", token_purpose_name(verdict->purpose));
		json_line_print(object);
		return;
	}
	app_say("%s\n", token_verdict_sentence(verdict));
}

static int
verify_run(App *app, const Command *self, char **words)
{
	g_autofree char *recipient = NULL, *key = NULL;
	const GOptionEntry entries[] = {
		{ "recipient", 'r', 0, G_OPTION_ARG_STRING, &recipient, "Is it for this recipient?", "ADDRESS" },
		{ 0 },
	};
	g_autoptr(GError) error = NULL;
	TokenText text;

	if (!command_options(app, self, entries, words))
		return EX_USAGE;
	if (words[1] == NULL || words[2] != NULL)
		return command_misused("one token, address or trace header is wanted");
	if (recipient != NULL && (key = address_key(recipient)) == NULL)
		return command_misused("'%s' is no address", recipient);
	if (!token_text_parse(words[1], &text)) {
		g_printerr("%s: there is no token in '%s'\n", g_get_prgname(), words[1]);
		return EX_DATAERR;
	}
	const TrustSettings *settings = ring_settings(app, &error);
	g_autoptr(KeyRing) ring = settings == NULL ? NULL : keyring_load(settings->keys, &error);
	if (ring == NULL)
		return app_fail(error);
	TokenVerdict verdict = token_text_verify(&text, ring, key, settings->lifetime_ms / 1000, now_seconds());
	say_state(app, &text, &verdict);
	return app_finish(verdict.state == TOKEN_VALID ? EX_OK : EX_DATAERR);
}

static const Command token_verify_command = {
	.name = "verify",
	.arguments = "TOKEN|ADDRESS|TRACE",
	.summary = "Say whether a token is ours and what it proves",
	.description = "The exit code is 65 for everything but a valid token.",
	.run = verify_run,
};

static int
explain_run(App *app, const Command *self, char **words)
{
	TokenText text;

	if (!command_options(app, self, NULL, words))
		return EX_USAGE;
	if (words[1] == NULL || words[2] != NULL)
		return command_misused("one token, address or trace header is wanted");
	if (!token_text_parse(words[1], &text)) {
		g_printerr("%s: there is no token in '%s'\n", g_get_prgname(), words[1]);
		return EX_DATAERR;
	}
	if (app_json(app)) {
		json_line_print(token_text_json(&text));
	} else {
		g_autofree char *story = token_text_story(&text);

		app_say("%s", story);
	}
	return app_finish(EX_OK);
}

static const Command token_explain = {
	.name = "explain",
	.arguments = "TOKEN|ADDRESS|TRACE",
	.summary = "Show what stands in a token; needs no key and proves nothing",
	.run = explain_run,
};

static const Command *const commands[] = { &token_new_key, &token_list, &token_retire, &token_verify_command,
	&token_explain, NULL };

const Command cmd_token = {
	.name = "token",
	.summary = "Keys that sign outgoing mail, and the tokens made with them",
	.commands = commands,
};
