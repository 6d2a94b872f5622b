#include "programme_state.h"

#include "listing_rows.h"

static const Statement read_states = { "programme_states",
	"select programme, extract(epoch from last_at)::bigint, silent_days, coalesce(usual_days, 0), silent,"
	" complaints, unattributed from programmes order by programme" };

static void
state_clear(void *data)
{
	ProgrammeState *state = data;

	g_free(state->name);
}

static GArray *
states_of(const Rows *rows)
{
	GArray *states = g_array_new(FALSE, FALSE, sizeof(ProgrammeState));

	g_array_set_clear_func(states, state_clear);
	for (int row = 0; row < rows_count(rows); row++) {
		ProgrammeState state = {
			.name = g_strdup(rows_text(rows, row, 0)),
			.last_at = rows_time(rows, row, 1),
			.silent_days = (unsigned)rows_number(rows, row, 2),
			.usual_days = (unsigned)rows_number(rows, row, 3),
			.silent = rows_bool(rows, row, 4),
			.complaints = (uint64_t)rows_number(rows, row, 5),
			.unattributed = (uint64_t)rows_number(rows, row, 6),
		};

		g_array_append_val(states, state);
	}
	return states;
}

GArray *
programme_states(Blacklist *blacklist, GError **error)
{
	g_autoptr(Rows) rows = pool_read(blacklist_pool(blacklist), &read_states, NULL, error);

	return rows == NULL ? NULL : states_of(rows);
}

void
programmes_log_silent(Database *database)
{
	g_autoptr(Rows) rows = database_ask(database, &read_states, NULL, NULL);
	g_autoptr(GArray) states = rows == NULL ? NULL : states_of(rows);

	for (guint i = 0; states != NULL && i < states->len; i++) {
		const ProgrammeState *state = &g_array_index(states, ProgrammeState, i);

		if (state->silent)
			g_warning("feedback programme %s has been silent for %u days, usually it pauses for %u at most",
				state->name, state->silent_days, state->usual_days);
	}
}
