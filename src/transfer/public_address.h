/*
 * Is an address one of the public internet? What a stranger's URL names must
 * not be this machine, its network, or what clouds keep for their machines.
 */
#ifndef TRANSFER_PUBLIC_ADDRESS_H
#define TRANSFER_PUBLIC_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* False for everything that is not plain IPv4 or IPv6 unicast, and for every
 * range of the special-purpose registries (RFC 6890). */
bool address_is_public(const struct sockaddr *address);

#endif
