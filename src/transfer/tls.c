#include "transfer/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "base/str.h"

/* Reads ahead: one system call for a record instead of two. */
#define READ_AHEAD_BYTES (16 * 1024 + 512)
#define HOST_BYTES 256
#define PROBLEM_BYTES 256

struct tls_roots {
	SSL_CTX *ctx;
	size_t refs;
};

struct tls {
	struct tls_roots *roots;
	SSL *ssl;
	char problem[PROBLEM_BYTES];
};

/* The newest error's own words; the queue is left empty. */
static void read_problem(char *out, size_t size, const char *otherwise)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	str_copy(out, size, reason ? reason : otherwise);
	ERR_clear_error();
}

struct tls_roots *tls_roots_create(const char *ca_file, struct err *err)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct tls_roots *r;
	char problem[PROBLEM_BYTES];
	bool ok = ctx && (ca_file ? SSL_CTX_load_verify_file(ctx, ca_file) == 1
				  : SSL_CTX_set_default_verify_paths(ctx) == 1);

	if (!ok) {
		read_problem(problem, sizeof problem, "unreadable");
		err_setf(err, ERR_FAILED, "trusted roots: %s", problem);
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
			      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_default_read_buffer_len(ctx, READ_AHEAD_BYTES);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	r = xcalloc(1, sizeof *r);
	r->ctx = ctx;
	r->refs = 1;
	return r;
}

struct tls_roots *tls_roots_ref(struct tls_roots *r)
{
	r->refs++;
	return r;
}

void tls_roots_unref(struct tls_roots *r)
{
	if (r && --r->refs == 0) {
		SSL_CTX_free(r->ctx);
		free(r);
	}
}

/* An address is checked against the certificate's addresses, a name against
 * its names, and only a name is announced. */
static bool expect_host(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	char bare[HOST_BYTES];

	if (!str_copy(bare, sizeof bare, *host == '[' ? host + 1 : host)) {
		return false;
	}
	if (*host == '[') {
		bare[strcspn(bare, "]")] = '\0';
	}
	if (X509_VERIFY_PARAM_set1_ip_asc(param, bare) == 1) {
		return true;
	}
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, bare) == 1 && SSL_set_tlsext_host_name(ssl, bare) == 1;
}

struct tls *tls_create(struct tls_roots *roots, int fd, const char *host)
{
	static const unsigned char alpn[] = "\x08http/1.1";
	struct tls *t = xcalloc(1, sizeof *t);

	t->roots = tls_roots_ref(roots);
	t->ssl = SSL_new(roots->ctx);
	if (!t->ssl || SSL_set_fd(t->ssl, fd) != 1 || !expect_host(t->ssl, host) ||
	    SSL_set_alpn_protos(t->ssl, alpn, sizeof alpn - 1) != 0) {
		tls_destroy(t);
		return NULL;
	}
	SSL_set_connect_state(t->ssl);
	return t;
}

void tls_destroy(struct tls *t)
{
	if (!t) {
		return;
	}
	if (t->ssl) {
		if (SSL_is_init_finished(t->ssl) && !t->problem[0]) {
			SSL_shutdown(t->ssl);
		}
		SSL_free(t->ssl);
	}
	ERR_clear_error();
	tls_roots_unref(t->roots);
	free(t);
}

static void note_problem(struct tls *t)
{
	long verdict = SSL_get_verify_result(t->ssl);

	if (verdict != X509_V_OK) {
		snprintf(t->problem, sizeof t->problem, "certificate: %s",
			 X509_verify_cert_error_string(verdict));
		ERR_clear_error();
	} else {
		read_problem(t->problem, sizeof t->problem, "the connection broke");
	}
}

static enum tls_wait wait_of(struct tls *t, int result)
{
	switch (SSL_get_error(t->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WAIT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WAIT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	default:
		note_problem(t);
		return TLS_BROKEN;
	}
}

/* SSL_get_error reads the thread's queue: what others of this thread left there
 * would make a mere wait a failure. */
static void begin_operation(void)
{
	ERR_clear_error();
}

bool tls_handshake(struct tls *t, enum tls_wait *wait)
{
	int result;

	begin_operation();
	result = SSL_do_handshake(t->ssl);
	if (result == 1) {
		return true;
	}
	*wait = wait_of(t, result);
	return false;
}

size_t tls_read(struct tls *t, void *bytes, size_t max, enum tls_wait *wait)
{
	size_t got = 0;
	int result;

	begin_operation();
	result = SSL_read_ex(t->ssl, bytes, max, &got);
	if (result == 1) {
		return got;
	}
	*wait = wait_of(t, result);
	return 0;
}

size_t tls_write(struct tls *t, const void *bytes, size_t len, enum tls_wait *wait)
{
	size_t put = 0;
	int result;

	begin_operation();
	result = SSL_write_ex(t->ssl, bytes, len, &put);
	if (result == 1) {
		return put;
	}
	*wait = wait_of(t, result);
	return 0;
}

bool tls_has_unread(const struct tls *t)
{
	return SSL_has_pending(t->ssl);
}

bool tls_is_under(const struct tls *t, const struct tls_roots *roots)
{
	return t->roots == roots;
}

const char *tls_problem(const struct tls *t)
{
	return t->problem;
}
