/*
 * Media that a request names by URL, for an upstream that wants them inside it
 * (url_media: fetch, C76): fetched over https from public addresses, through no
 * proxy, one after the other, and put into the hub. Redirects are followed one
 * by one, each under the same rules. Worker thread.
 */
#ifndef GATEWAY_MEDIA_FETCH_H
#define GATEWAY_MEDIA_FETCH_H

#include "gateway/exchange.h"

/* Begins for the call's candidate; attempt_again() or attempt_refuse() follow.
 * False: there is nothing to fetch, or *err says why it cannot be. */
bool media_fetch_begin(struct exchange *x, struct err *err);

/* Lets it go; fine when there is none. */
void media_fetch_end(struct exchange *x);

#endif
