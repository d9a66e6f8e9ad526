/*
 * What a text of the configuration must look like. Each returns NULL when it
 * will do, else what was expected. Empty text means "not set" and will do,
 * unless said otherwise.
 */
#ifndef CONFIG_TEXT_CHECK_H
#define CONFIG_TEXT_CHECK_H

const char *check_not_empty(const char *text);

/* Names of accounts stand in `upstream/model`, in flags with : and commas
 * and in headers: printable ASCII without those and blanks; not empty. */
const char *check_account_name(const char *text);

/* 1-64 of A-Z a-z 0-9 _ . : - */
const char *check_id(const char *text);

const char *check_name(const char *text);           /* one printable line, not empty */
const char *check_http_url(const char *text);       /* http:// or https:// with a host */
const char *check_proxy_url(const char *text);      /* also socks4, socks4a, socks5, socks5h */
const char *check_address_range(const char *text);  /* 10.0.0.1, 10.0.0.0/8, fd00::/8 */
const char *check_variable(const char *text);       /* name of an environment variable */
const char *check_header_name(const char *text);    /* RFC 9110 token */
const char *check_status_pattern(const char *text); /* 404, 5xx */
const char *check_directory(const char *text);      /* one line, not empty */

#endif
