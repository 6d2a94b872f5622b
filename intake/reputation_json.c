#include "reputation_json.h"

static void
set_rate(JsonObject *object, const char *name, const Rate *rate, int64_t before, Standing standing, Trend trend)
{
	JsonObject *inner = json_object_new();

	json_object_set_int_member(inner, "count", rate->hits);
	json_object_set_int_member(inner, "before", before);
	json_object_set_double_member(inner, "low", rate->low);
	json_object_set_double_member(inner, "high", rate->high);
	json_object_set_string_member(inner, "standing", standing_name(standing));
	json_object_set_string_member(inner, "trend", trend_name(trend));
	json_object_set_object_member(object, name, inner);
}

JsonObject *
reputation_json(const Reputation *reputation, ReputationWindow window)
{
	JsonObject *object = json_object_new();
	const ReputationCounts *now = &reputation->now;

	json_object_set_string_member(object, "subject", reputation_subject_name(reputation->subject));
	json_object_set_string_member(object, "name", reputation->name);
	json_object_set_string_member(object, "window", reputation_windows[window]);
	json_object_set_string_member(object, "standing", standing_name(reputation->standing));
	json_object_set_int_member(object, "sent", now->sent);
	json_object_set_int_member(object, "delivered", now->delivered);
	json_object_set_int_member(object, "deferred", now->deferred);
	json_object_set_int_member(object, "bounced", now->bounced);
	json_object_set_int_member(object, "unverified", now->unverified);
	json_object_set_int_member(object, "sent_before", reputation->before.sent);
	set_rate(object, "hard_bounces", &reputation->hard_bounces, reputation->before.hard,
		reputation->hard_bounces_standing, reputation->hard_bounces_trend);
	set_rate(object, "complaints", &reputation->complaints, reputation->before.complaints,
		reputation->complaints_standing, reputation->complaints_trend);
	return object;
}

char *
reputation_json_text(const Reputation *reputation, ReputationWindow window)
{
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);

	json_node_take_object(node, reputation_json(reputation, window));
	return json_to_string(node, FALSE);
}

static bool
take_count(JsonObject *object, const char *name, int64_t *ret_count)
{
	JsonNode *node = object == NULL ? NULL : json_object_get_member(object, name);

	if (node == NULL || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64)
		return false;
	*ret_count = json_node_get_int(node);
	return true;
}

static JsonObject *
inner(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

/* Counts alone: what follows from them is judged anew. */
static bool
take_counts(JsonObject *object, ReputationCounts *now, ReputationCounts *before)
{
	JsonObject *hard = inner(object, "hard_bounces"), *complaints = inner(object, "complaints");

	return take_count(object, "sent", &now->sent) && take_count(object, "delivered", &now->delivered)
	       && take_count(object, "deferred", &now->deferred) && take_count(object, "bounced", &now->bounced)
	       && take_count(object, "unverified", &now->unverified) && take_count(hard, "count", &now->hard)
	       && take_count(complaints, "count", &now->complaints) && take_count(object, "sent_before", &before->sent)
	       && take_count(hard, "before", &before->hard) && take_count(complaints, "before", &before->complaints);
}

bool
reputation_json_parse(Reputation *reputation, const char *text)
{
	g_autoptr(JsonParser) parser = json_parser_new();

	if (!json_parser_load_from_data(parser, text, -1, NULL))
		return false;
	JsonNode *root = json_parser_get_root(parser);

	return root != NULL && JSON_NODE_HOLDS_OBJECT(root)
	       && take_counts(json_node_get_object(root), &reputation->now, &reputation->before);
}
