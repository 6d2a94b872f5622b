#include "judge.h"

#include "address.h"
#include "event_key.h"
#include "readers.h"

/* The address that we mailed. A reporter that hides it is not overruled by an address found elsewhere: that may be another's. */
static char *
mailed_address(const Event *event)
{
	const char *const candidates[] = { event->original_recipient, event->recipient };

	for (size_t i = 0; i < G_N_ELEMENTS(candidates); i++) {
		if (address_is_redacted(candidates[i]))
			break;
		char *key = address_key(candidates[i]);

		if (key != NULL)
			return key;
	}
	return g_strdup("");
}

static void
find_provider(const Providers *providers, Finding *finding)
{
	const char *domain = address_domain(finding->address);
	const char *name = providers_by_domain(providers, domain);

	if (name == NULL)
		name = providers_by_mx(providers, finding->event->remote_mta);
	finding->provider_known = name != NULL && *domain != '\0';
	finding->provider = g_strdup(finding->provider_known ? name : domain);
}

static void
judge_event(const Rulebook *book, const Report *report, unsigned index, Finding *finding)
{
	finding->event = g_ptr_array_index(report->events, index);
	finding->address = mailed_address(finding->event);
	find_provider(book->providers, finding);
	classifier_judge(book->classifier, report, finding->event, &finding->verdict);
	event_key(report, index, finding->address, finding->key);
}

static char *
claimed_sender_domain(const Report *report)
{
	const char *const senders[] = { report->original.from, report->original.envelope_sender };

	for (size_t i = 0; i < G_N_ELEMENTS(senders); i++) {
		const char *domain = address_domain(senders[i]);
		char *normal = *domain == '\0' ? NULL : domain_normalise(domain);

		if (normal != NULL)
			return normal;
	}
	return g_strdup("");
}

Judged *
judge(Rulebook *book, const Inbound *inbound, const Limits *limits)
{
	Judged *judged = g_new0(Judged, 1);

	judged->book = rulebook_ref(book);
	judged->report = report_read(inbound, limits);
	judged->sender_domain = claimed_sender_domain(judged->report);
	judged->finding_count = judged->report->events->len;
	judged->findings = g_new0(Finding, judged->finding_count);
	for (unsigned i = 0; i < judged->finding_count; i++)
		judge_event(book, judged->report, i, &judged->findings[i]);
	return judged;
}

void
judged_free(Judged *judged)
{
	if (judged == NULL)
		return;
	for (size_t i = 0; i < judged->finding_count; i++) {
		g_free(judged->findings[i].address);
		g_free(judged->findings[i].provider);
	}
	g_free(judged->findings);
	g_free(judged->sender_domain);
	report_free(judged->report);
	rulebook_unref(judged->book);
	g_free(judged);
}
