#include "program.h"
#include "service.h"

int
main(int argc, char **argv)
{
	static const Program program = { .name = "retour-fbl",
		.summary = "- read bounces and complaints from mailboxes",
		.check = service_check,
		.run = service_run };

	return program_main(&program, argc, argv);
}
