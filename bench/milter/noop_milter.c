/*
 * The yardstick for retour-milter: the same library, the same steps negotiated, and nothing done in them.
 *   noop_milter inbound|outbound unix:/path
 * inbound throws every message away at its end, outbound says yes to every recipient and message.
 */
#include <libmilter/mfapi.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define INBOUND_STEPS (SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_HDR | SMFIP_NR_BODY)
#define OUTBOUND_STEPS (SMFIP_NR_MAIL | SMFIP_NR_HDR)

static sfsistat
negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long *pf0, unsigned long *pf1, unsigned long steps)
{
	static char mail[] = "i {client_addr} {auth_authen}", other[] = "i";

	*pf0 = f0 & (SMFIF_ADDHDRS | SMFIF_DELRCPT | SMFIF_SETSYMLIST);
	*pf1 |= steps | (f1 & SMFIP_HDR_LEADSPC);
	*pf1 &= ~(unsigned long)SMFIP_SKIP;
	if (f0 & SMFIF_SETSYMLIST) {
		smfi_setsymlist(ctx, SMFIM_ENVFROM, mail);
		smfi_setsymlist(ctx, SMFIM_ENVRCPT, other);
		smfi_setsymlist(ctx, SMFIM_EOM, other);
	}
	return SMFIS_CONTINUE;
}

static sfsistat
negotiate_inbound(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2, unsigned long f3,
	unsigned long *pf0, unsigned long *pf1, unsigned long *pf2, unsigned long *pf3)
{
	(void)f2;
	(void)f3;
	*pf2 = *pf3 = 0;
	return negotiate(ctx, f0, f1, pf0, pf1, INBOUND_STEPS);
}

static sfsistat
negotiate_outbound(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2, unsigned long f3,
	unsigned long *pf0, unsigned long *pf1, unsigned long *pf2, unsigned long *pf3)
{
	(void)f2;
	(void)f3;
	*pf2 = *pf3 = 0;
	return negotiate(ctx, f0, f1, pf0, pf1, OUTBOUND_STEPS);
}

static sfsistat
no_reply_arguments(SMFICTX *ctx, char **argv)
{
	(void)ctx;
	(void)argv;
	return SMFIS_NOREPLY;
}

static sfsistat
yes_arguments(SMFICTX *ctx, char **argv)
{
	(void)ctx;
	(void)argv;
	return SMFIS_CONTINUE;
}

static sfsistat
yes(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

static sfsistat
throw_away(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_DISCARD;
}

static sfsistat
no_reply_header(SMFICTX *ctx, char *name, char *value)
{
	(void)ctx;
	(void)name;
	(void)value;
	return SMFIS_NOREPLY;
}

static sfsistat
no_reply_body(SMFICTX *ctx, unsigned char *bytes, size_t size)
{
	(void)ctx;
	(void)bytes;
	(void)size;
	return SMFIS_NOREPLY;
}

static struct smfiDesc
describe(const char *role)
{
	static char name[] = "noop";
	struct smfiDesc inbound = { .xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_DELRCPT,
		.xxfi_negotiate = negotiate_inbound,
		.xxfi_envfrom = no_reply_arguments,
		.xxfi_envrcpt = no_reply_arguments,
		.xxfi_data = yes,
		.xxfi_header = no_reply_header,
		.xxfi_body = no_reply_body,
		.xxfi_eom = throw_away,
		.xxfi_abort = yes,
		.xxfi_close = yes };
	struct smfiDesc outbound = { .xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_DELRCPT,
		.xxfi_negotiate = negotiate_outbound,
		.xxfi_envfrom = no_reply_arguments,
		.xxfi_envrcpt = yes_arguments,
		.xxfi_header = no_reply_header,
		.xxfi_eom = yes,
		.xxfi_abort = yes,
		.xxfi_close = yes };

	return strcmp(role, "inbound") == 0 ? inbound : outbound;
}

int
main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: noop_milter inbound|outbound unix:/path\n");
		return 64;
	}
	umask(0); /* the MTA is another user */
	if (smfi_setconn(argv[2]) != MI_SUCCESS || smfi_register(describe(argv[1])) != MI_SUCCESS
		|| smfi_opensocket(1) != MI_SUCCESS)
		return 70;
	return smfi_main();
}
