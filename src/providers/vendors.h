/* The vendors' entries, one file each; everybody else asks provider_find. */
#ifndef PROVIDERS_VENDORS_H
#define PROVIDERS_VENDORS_H

#include "providers/provider.h"

extern const struct provider provider_anthropic;
extern const struct provider provider_openai;
extern const struct provider provider_google;
extern const struct provider provider_azure;
extern const struct provider provider_compatible;
extern const struct provider provider_llm_gateway;
extern const struct provider provider_demo;

/* Names of OpenAI's models, which Azure serves under the same ones. */
extern const char *const openai_models[];

#endif
