#include "doctor.h"

#include "socket_reach.h"

/* Section "milter" belongs to retour-milter; what stands in it was checked there, here only the sockets matter. */
static void
check_listener(Doctor *doctor, const YamlNode *listener)
{
	g_autoptr(GError) error = NULL;
	const YamlNode *name = yaml_get(listener, "name"), *socket = yaml_get(listener, "socket");
	g_autofree char *subject = NULL;

	if (name == NULL || socket == NULL || yaml_scalar(name) == NULL || yaml_scalar(socket) == NULL) {
		doctor_say(doctor, "listener", HEALTH_FAIL, "%s:%u: a listener needs 'name' and 'socket'",
			yaml_file_name(listener), yaml_line(listener));
		return;
	}
	subject = g_strdup_printf("listener %s", yaml_scalar(name));
	if (socket_reach(yaml_scalar(socket), &error))
		doctor_say(doctor, subject, HEALTH_OK, "answers on %s", yaml_scalar(socket));
	else
		doctor_say(doctor, subject, HEALTH_FAIL, "%s: %s; start retour-milter, or look at its log",
			yaml_scalar(socket), error->message);
}

void
doctor_check_listeners(Doctor *doctor)
{
	const YamlFile *file;
	const YamlNode *milter, *listeners;

	if (!app_config(doctor->app, &file, NULL) || file == NULL)
		return;
	milter = yaml_get(yaml_file_root(file), "milter");
	listeners = milter == NULL ? NULL : yaml_get(milter, "listeners");
	if (listeners == NULL || yaml_count(listeners) == 0) {
		doctor_say(doctor, "listeners", HEALTH_WARN,
			"none configured: without section 'milter' no mail server can hand anything to Retour");
		return;
	}
	for (size_t i = 0; i < yaml_count(listeners); i++)
		check_listener(doctor, yaml_item(listeners, i));
}
