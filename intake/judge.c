#include "judge.h"

#include "address.h"
#include "event_key.h"
#include "proof.h"
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

/* The provider of a complaint that names nobody: of what stands for the address, else of the programme. */
static const char *
hidden_provider(const Rulebook *book, const Judged *judged, const char *domain)
{
	const char *name = providers_by_domain(book->providers, domain);

	if (name == NULL && judged->programme != NULL)
		name = providers_find(book->providers, judged->programme->provider);
	return name;
}

static void
find_provider(const Rulebook *book, const Judged *judged, Finding *finding)
{
	g_autofree char *hidden = domain_normalise(address_domain(finding->event->mask));
	const char *domain = address_domain(finding->address);
	const char *name = providers_by_domain(book->providers, domain);

	if (*domain == '\0') {
		domain = hidden == NULL ? "" : hidden;
		name = hidden_provider(book, judged, domain);
	} else if (name == NULL) {
		name = providers_by_mx(book->providers, finding->event->remote_mta);
	}
	finding->provider_known = name != NULL;
	finding->provider = g_strdup(name != NULL ? name : domain);
}

static void
judge_event(const Judged *judged, unsigned index, Finding *finding)
{
	const Rulebook *book = judged->book;

	finding->event = g_ptr_array_index(judged->report->events, index);
	finding->address = mailed_address(finding->event);
	find_provider(book, judged, finding);
	classifier_judge(book->classifier, judged->report, finding->event, &finding->verdict);
}

static const Programme *
find_programme(const Rulebook *book, const Report *report, const Inbound *inbound)
{
	if (report->kind != REPORT_COMPLAINT)
		return NULL;
	return programmes_recognise(
		providers_programmes(book->providers), report->from, inbound->envelope_sender, report->user_agent);
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
	judged->programme = find_programme(book, judged->report, inbound);
	judged->findings = g_new0(Finding, judged->finding_count);
	for (unsigned i = 0; i < judged->finding_count; i++)
		judge_event(judged, i, &judged->findings[i]);
	proof_find(book, inbound, judged->report, judged->findings, judged->finding_count);
	return judged;
}

void
judged_name(Judged *judged)
{
	report_name(judged->report);
	for (unsigned i = 0; i < judged->finding_count; i++)
		event_key(judged->report, i, judged->findings[i].address, NULL, judged->findings[i].key);
}

void
judged_free(Judged *judged)
{
	if (judged == NULL)
		return;
	for (size_t i = 0; i < judged->finding_count; i++) {
		g_free(judged->findings[i].address);
		g_free(judged->findings[i].provider);
		g_free(judged->findings[i].proof);
		g_free(judged->findings[i].sender_domain);
		g_free(judged->findings[i].token.place);
	}
	g_free(judged->findings);
	g_free(judged->sender_domain);
	report_free(judged->report);
	rulebook_unref(judged->book);
	g_free(judged);
}
