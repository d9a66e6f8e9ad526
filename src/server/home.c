#define _GNU_SOURCE   /* nftw's FTW_PHYS, mkdtemp */
#include "server/home.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/load.h"

#define LOCK_NAME "gateway.lock"

static bool check_home(const char *home, struct err *err)
{
	struct stat st;

	if (stat(home, &st) < 0) {
		return err_errno(err, "%s", home);
	}
	if (!S_ISDIR(st.st_mode)) {
		return err_setf(err, ERR_FAILED, "%s is not a directory", home);
	}
	if (st.st_uid != geteuid()) {
		return err_setf(err, ERR_FAILED, "%s belongs to another user", home);
	}
	if (st.st_mode & 077) {
		log_warn("server", "%s is open to other users; chmod 700 closes it", home);
	}
	return true;
}

bool home_prepare(const char *home, const char *config_path, struct err *err)
{
	if (!file_make_dir(home, 0700, err) || !check_home(home, err)) {
		return false;
	}
	return file_exists(config_path) ||
	       file_write(config_path, slice_of(config_template()), 0600, err);
}

/* Who holds the home, as it wrote into the lock file. */
static long read_holder(const char *path)
{
	struct buf text = BUF_INIT(64);
	int64_t pid = 0;

	if (file_read(path, &text, NULL)) {
		char *line = xstrndup(text.ptr ? text.ptr : "", strcspn(buf_text(&text), "\n"));

		str_to_i64(line, &pid);
		free(line);
	}
	buf_release(&text);
	return (long)pid;
}

static void write_holder(int fd)
{
	char text[32];
	int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) < 0) {
		log_warn("server", "the lock file does not take the process id");
	}
}

int home_lock(const char *home, struct err *err)
{
	char *path = xasprintf("%s/%s", home, LOCK_NAME);
	struct err why = ERR_INIT;
	int fd = file_lock(path, false, &why);

	if (fd >= 0) {
		write_holder(fd);
	} else if (why.kind == ERR_CONFLICT) {
		err_setf(err, ERR_CONFLICT, "a gateway (pid %ld) already runs for %s",
			 read_holder(path), home);
		err_hintf(err, "llm-gateway server stop ends it; --home=DIR uses another home");
	} else if (err) {
		*err = why;
	}
	free(path);
	return fd;
}

bool home_is_locked(const char *home)
{
	char *path = xasprintf("%s/%s", home, LOCK_NAME);
	struct err why = ERR_INIT;
	int fd = file_exists(path) ? file_lock(path, false, &why) : -1;

	if (fd >= 0) {
		close(fd);
	}
	free(path);
	return fd < 0 && why.kind == ERR_CONFLICT;
}

static void demo_config(const char *key, struct buf *out)
{
	char hex[SHA256_HEX_BYTES];

	crypto_sha256_hex(slice_of(key), hex);
	buf_addf(out,
		 "# A demo: nothing here is real, all of it goes when the demo ends.\n"
		 "credentials: {store: file}\n"
		 "gateway_keys:\n"
		 "  - {id: gw_demo, name: demo, key_hash: \"sha256:%s\","
		 " permissions: [read, write, admin], status: active}\n"
		 "upstream_accounts:\n"
		 "  - {id: upstream_demo1, name: demo-one, type: none, provider: demo,"
		 " priority: 1}\n"
		 "  - {id: upstream_demo2, name: demo-two, type: none, provider: demo,"
		 " priority: 2}\n", hex);
}

bool home_create_temporary(struct slice config, struct buf *home, struct err *err)
{
	const char *base = getenv("TMPDIR");
	char *made = xasprintf("%s/llm-gateway-demo-XXXXXX", str_empty(base) ? "/tmp" : base);
	char *path;
	bool ok;

	if (!mkdtemp(made)) {
		err_errno(err, "%s", made);
		free(made);
		return false;
	}
	path = xasprintf("%s/config.yaml", made);
	ok = file_write(path, config, 0600, err);
	buf_adds(home, made);
	if (!ok) {
		home_remove_temporary(made);
	}
	free(path);
	free(made);
	return ok;
}

bool home_create_demo(struct buf *home, struct buf *key, struct err *err)
{
	char text[ID_GATEWAY_KEY_BYTES];
	struct buf config = BUF_INIT(8 * KIB);
	bool ok;

	id_gateway_key(text);
	demo_config(text, &config);
	ok = home_create_temporary(buf_slice(&config), home, err);
	if (ok) {
		buf_adds(key, text);
	}
	buf_release(&config);
	return ok;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

void home_remove_temporary(const char *home)
{
	nftw(home, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
