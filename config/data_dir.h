#ifndef RETOUR_DATA_DIR_H
#define RETOUR_DATA_DIR_H

/*
 * Where the shipped rules, providers and policy lie: RETOUR_DATA, else what stands in the file "config/uninstalled-data" beside
 * the program or one folder above (meson writes it into the build tree, nothing installs it), else the installed folder. Owned
 * by the caller.
 */
char *data_dir(void);

#endif
