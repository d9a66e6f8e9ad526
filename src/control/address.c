/*
 * Where the control socket of a home is, and who may be at its other end.
 */
#define _GNU_SOURCE   /* struct ucred */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/crypto.h"
#include "control/control.h"
#include "control/socket.h"

#define SOCKET_NAME "control.sock"
#define MAX_SOCKET_PATH (sizeof((struct sockaddr_un *)0)->sun_path - 1)

/* The same home by another spelling must give the same name. */
static void runtime_name(const char *home, char out[64])
{
	char *real = realpath(home, NULL);
	char hex[SHA256_HEX_BYTES];

	crypto_sha256_hex(slice_of(real ? real : home), hex);
	snprintf(out, 64, "llm-gateway-%.16s.sock", hex);
	free(real);
}

bool control_socket_path(const char *home, struct buf *out, struct err *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	size_t start = out->len;
	char name[64];

	buf_addf(out, "%s/%s", home, SOCKET_NAME);
	if (out->len - start <= MAX_SOCKET_PATH) {
		return true;
	}
	out->len = start;
	if (str_empty(runtime)) {
		err_setf(err, ERR_INVALID, "%s is too long a path for a socket", home);
		return err_hintf(err, "use a shorter --home, or set XDG_RUNTIME_DIR");
	}
	runtime_name(home, name);
	buf_addf(out, "%s/%s", runtime, name);
	return out->len - start <= MAX_SOCKET_PATH ||
	       err_setf(err, ERR_INVALID, "%s is too long a path for a socket", runtime);
}

bool control_socket_address(const char *home, struct sockaddr_un *out, struct err *err)
{
	struct buf path = BUF_INIT(8 * KIB);
	bool ok = control_socket_path(home, &path, err);

	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (ok) {
		str_copy(out->sun_path, sizeof out->sun_path, buf_text(&path));
	}
	buf_release(&path);
	return ok;
}

bool control_socket_peer_is_own(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}
