"""How vendors' keys look: where each form is documented, how it begins, and what follows.

"docs" stands for the vendor's own documentation, "rules" for the rules of gitleaks (as of
2025-11-20, github.com/gitleaks/gitleaks, config/gitleaks.toml), "scanning" for the patterns that
GitHub scans for (docs.github.com, supported secret scanning patterns, 2026-11), "seen" for
configuration samples in public repositories (2026-11), where the vendor documents no form.

A key without a form of its own is told by the name that it is assigned to, see `assigned`.
"""

WORD = r"[A-Za-z0-9_-]"
ALNUM = r"[A-Za-z0-9]"
HEX = r"[a-f0-9]"

DOCUMENTED: tuple[tuple[str, dict[str, str]], ...] = (
    (
        "OpenAI docs (platform.openai.com/docs/api-reference/authentication), Anthropic docs "
        "(docs.claude.com/en/api/admin-api), OpenRouter, DeepSeek, LiteLLM docs: sk-…; rules",
        {"sk-": rf"(?=[A-Za-z_-]{{0,120}}[0-9]){WORD}{{20,250}}"},
    ),
    (
        "Google docs (ai.google.dev/gemini-api/docs/api-key, cloud.google.com/docs/authentication)"
        ", rules; AQ. seen",
        {
            "AIza": rf"{WORD}{{35}}",
            "AQ.": rf"Ab{WORD}{{30,120}}",
            "GOCSPX-": rf"{WORD}{{28}}",
            "ya29.": rf"{WORD}{{20,400}}",
            "GOOG1E": r"[A-Z0-9]{55}",
        },
    ),
    (
        "AWS docs (docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html, "
        "…/bedrock/latest/userguide/api-keys.html), rules",
        {
            "AKIA": r"[A-Z0-9]{16}",
            "ASIA": r"[A-Z0-9]{16}",
            "ABIA": r"[A-Z0-9]{16}",
            "ACCA": r"[A-Z0-9]{16}",
            "ABSK": r"[A-Za-z0-9+/]{90,280}={0,2}",
            "bedrock-api-key-": r"[A-Za-z0-9+/]{40,4000}={0,2}",
        },
    ),
    (
        "GitHub docs (docs.github.com/en/authentication/keeping-your-account-and-data-secure/"
        "about-authentication-to-github), rules",
        {f"gh{one}_": rf"{ALNUM}{{36,251}}" for one in "pousr"}
        | {"github_pat_": r"[A-Za-z0-9_]{22,255}"},
    ),
    (
        "GitLab docs (docs.gitlab.com/security/tokens/#token-prefixes), rules",
        {
            "glpat-": r"[A-Za-z0-9_.-]{20,300}",
            "glrt-": r"[A-Za-z0-9_.-]{20,300}",
            "glrtr-": r"[A-Za-z0-9_.-]{20,300}",
            "gloas-": rf"{WORD}{{20,80}}",
            "GR1348941": rf"{WORD}{{20}}",
        }
        | {
            f"gl{one}-": rf"{WORD}{{20,80}}"
            for one in ("dt", "ptt", "cbt", "soat", "ft", "imt", "agent", "ffct", "wt")
        },
    ),
    (
        "Hugging Face docs (huggingface.co/docs/hub/security-tokens), rules",
        {"hf_": rf"{ALNUM}{{30,64}}", "api_org_": rf"{ALNUM}{{30,64}}"},
    ),
    (
        "Models: docs of Groq, xAI, Perplexity, NVIDIA, Replicate, Fireworks, Together, Jina, "
        "Tavily, Firecrawl, ElevenLabs, Cohere, Pinecone, Weights & Biases, LangSmith, Langfuse; "
        "Cerebras: rules; E2B, Cursor, Hyperbolic: seen",
        {
            "gsk_": rf"{ALNUM}{{48,60}}",
            "xai-": rf"{ALNUM}{{70,90}}",
            "pplx-": rf"{ALNUM}{{40,64}}",
            "nvapi-": rf"{WORD}{{40,100}}",
            "r8_": rf"{ALNUM}{{37}}",
            "fw_": rf"{ALNUM}{{22,40}}",
            "tgp_v1_": rf"{WORD}{{40,60}}",
            "csk-": r"[a-z0-9]{40,64}",
            "crsr_": rf"{ALNUM}{{40,80}}",
            "e2b_": rf"{HEX}{{40,80}}",
            "jina_": rf"{WORD}{{40,80}}",
            "tvly-": r"(?=[A-Za-z-]{0,40}[0-9])[A-Za-z0-9-]{28,64}",
            "fc-": rf"{HEX}{{32}}",
            "sk_": rf"{HEX}{{48}}",
            "pcsk_": r"[A-Za-z0-9_]{40,90}",
            "wandb_v1_": rf"{WORD}{{40,120}}",
            "lsv2_": rf"(?:pt|sk)_{HEX}{{32}}_{HEX}{{10}}",
            "voy": rf"age-[a-z]{{0,3}}{WORD}{{40,60}}",
            "pa-": rf"(?=[A-Za-z_-]{{0,43}}[0-9]){WORD}{{43}}",
            "co_": rf"{ALNUM}{{40}}",
            "bfl_": rf"{WORD}{{30,64}}",
            "llx-": rf"{ALNUM}{{40,60}}",
            "ctx7sk-": r"[a-f0-9-]{36}",
            "apify_api_": rf"{ALNUM}{{32,40}}",
            "cr_": rf"{HEX}{{64}}",
        },
    ),
    (
        "Cloudflare docs (developers.cloudflare.com/fundamentals/api/get-started/token-formats), "
        "rules",
        {f"cf{one}_": rf"{ALNUM}{{40}}{HEX}{{8}}" for one in ("k", "ut", "at")},
    ),
    (
        "Hosts: docs of Fly (fly.io/docs/security/tokens), Render, Neon, Supabase, PlanetScale, "
        "Heroku, DigitalOcean, Netlify, Scalingo; Vercel changelog (2026-02); rules; "
        "rnd_, napi_ seen",
        {
            "fo1_": rf"{WORD}{{40,64}}",
            "fm1": r"[ar]_[A-Za-z0-9+/=]{100,600}",
            "fm2_": r"[A-Za-z0-9+/=]{100,600}",
            "FlyV1 ": r"[A-Za-z0-9+/=_,-]{40,1200}",
            "rnd_": rf"{ALNUM}{{24,64}}",
            "napi_": rf"{ALNUM}{{48,80}}",
            "sbp_": rf"(?:v0_|oauth_)?{HEX}{{40}}",
            "sb_secret_": rf"{WORD}{{20,64}}",
            "pscale_": r"(?:tkn|pw|oauth)_[A-Za-z0-9=._-]{32,64}",
            "HRKU-": rf"{WORD}{{36,64}}",
            "dop_v1_": rf"{HEX}{{64}}",
            "doo_v1_": rf"{HEX}{{64}}",
            "dor_v1_": rf"{HEX}{{64}}",
            "nfp_": rf"{ALNUM}{{36,64}}",
            "tk-us-": rf"{WORD}{{48}}",
            "4b1d": rf"{ALNUM}{{38}}",
        }
        | {f"vc{one}_": rf"{ALNUM}{{24,80}}" for one in "pkiar"},
    ),
    (
        "Slack docs (docs.slack.dev/authentication/tokens), Discord, rules",
        {
            "xox": r"[abceoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,250}",
            "xapp-": r"[0-9]-[A-Za-z0-9]{8,24}-[0-9]{8,16}-[A-Za-z0-9]{32,80}",
            "xwfp-": r"[0-9]{8,16}-[A-Za-z0-9-]{20,80}",
            "https://hooks.slack.com/": r"(?:services|workflows|triggers)/[A-Za-z0-9+/]{30,90}",
            "https://discord.com/api/webhooks/": r"[0-9]{16,20}/[A-Za-z0-9_-]{60,80}",
            "https://discordapp.com/api/webhooks/": r"[0-9]{16,20}/[A-Za-z0-9_-]{60,80}",
        },
    ),
    (
        "Payments: docs of Stripe (docs.stripe.com/keys), Square, Plaid, PayPal Braintree, "
        "Flutterwave, Shippo, EasyPost, Duffel, Razorpay, Paystack, Mercado Pago; rules",
        {
            f"{kind}_{mode}_": rf"{ALNUM}{{16,250}}"
            for kind in ("sk", "rk")
            for mode in ("live", "test", "prod")
        }
        | {
            "whsec_": r"[A-Za-z0-9+/=]{24,100}",
            "sk_org_": rf"{WORD}{{20,250}}",
            "sq0": rf"(?:atp|csp|idp)-{WORD}{{22,60}}",
            "EAAA": rf"{WORD}{{60}}",
            "access-": rf"(?:sandbox|development|production)-{HEX}{{8}}(?:-{HEX}{{4,12}}){{4}}",
            "access_token$": rf"(?:production|sandbox)\$[0-9a-z]{{16}}\${HEX}{{32}}",
            "FLWSECK": r"(?:_TEST)?-[A-Za-z0-9-]{12,80}",
            "shippo_": rf"(?:live|test)_{HEX}{{40}}",
            "EZAK": rf"{ALNUM}{{54}}",
            "EZTK": rf"{ALNUM}{{54}}",
            "duffel_": r"(?:test|live)_[A-Za-z0-9_=-]{43}",
            "rzp_live_": rf"{ALNUM}{{14,24}}",
            "APP_USR-": r"[0-9]{10,20}-[0-9]{6}-[a-f0-9]{32}-[0-9]{6,12}",
        },
    ),
    (
        "Mail and telephony: docs of SendGrid, Mailgun, Brevo, Resend, Postmark, Twilio "
        "(twilio.com/docs/glossary/what-is-a-sid); rules",
        {
            "SG.": rf"{WORD}{{16,32}}\.{WORD}{{32,64}}",
            "key-": rf"{HEX}{{32}}",
            "pubkey-": rf"{HEX}{{32}}",
            "xkeysib-": rf"{HEX}{{64}}-{ALNUM}{{16}}",
            "xsmtpsib-": rf"{HEX}{{64}}-{ALNUM}{{16}}",
            "re_": rf"{ALNUM}{{6,12}}_{ALNUM}{{20,32}}",
            "SK": rf"{HEX}{{32}}",
            "AC": rf"{HEX}{{32}}",
        },
    ),
    (
        "Registries: docs of npm, PyPI, RubyGems, Docker Hub, NuGet, crates.io, Clojars, "
        "JFrog; rules",
        {
            "npm_": rf"{ALNUM}{{36}}",
            "pypi-": rf"AgE{WORD}{{50,1000}}",
            "rubygems_": rf"{HEX}{{48}}",
            "dckr_pat_": rf"{WORD}{{27}}",
            "dckr_oat_": rf"{WORD}{{32}}",
            "oy2": r"[a-z0-9]{43}",
            "cio": rf"{ALNUM}{{32}}",
            "CLOJARS_": r"[a-z0-9]{60}",
            "AKCp": rf"{ALNUM}{{60,80}}",
            "cmVmd": rf"{ALNUM}{{59}}",
        },
    ),
    (
        "Shops and networks: docs of Shopify, Meta, X, LinkedIn, Yandex, Tencent, Alibaba; rules",
        {f"sh{one}_": r"[a-fA-F0-9]{32}" for one in ("pat", "pca", "ppa", "pss", "prka")}
        | {
            "EAA": rf"{ALNUM}{{60,400}}",
            "LTAI": rf"{ALNUM}{{12,24}}",
            "AKID": rf"{ALNUM}{{32}}",
            "AQVN": rf"{WORD}{{35,38}}",
            "WPL_AP1.": rf"{ALNUM}{{16}}\.[A-Za-z0-9+/=]{{4,16}}",
        },
    ),
    (
        "Data and files: docs of Databricks, Dropbox (developers.dropbox.com/oauth-guide), Box, "
        "Airtable, Notion, Figma, Mapbox, Contentful, Prefect, Typeform, ReadMe; rules",
        {
            "dapi": rf"{HEX}{{32}}(?:-[0-9])?",
            "dose": rf"{HEX}{{32}}",
            "sl.": r"(?:[a-z]\.)?[A-Za-z0-9_=-]{40,1600}",
            "pat": rf"{ALNUM}{{14}}\.{HEX}{{64}}",
            "ntn_": rf"{ALNUM}{{40,64}}",
            "secret_": rf"{ALNUM}{{43}}",
            "fig": rf"(?:d|o|oh|or)_{WORD}{{40,60}}",
            "pk.eyJ": rf"{WORD}{{20,200}}\.{WORD}{{20,40}}",
            "sk.eyJ": rf"{WORD}{{20,200}}\.{WORD}{{20,40}}",
            "CFPAT-": rf"{WORD}{{43}}",
            "pnu_": rf"{ALNUM}{{36}}",
            "pnb_": rf"{ALNUM}{{36}}",
            "tfp_": r"[A-Za-z0-9_.=-]{40,64}",
            "rdme_": r"[a-z0-9]{70}",
            "fio-u-": r"[A-Za-z0-9_=-]{64}",
            "p8e-": rf"{ALNUM}{{32}}",
            "s-s4t2": rf"(?:ud|af)-{HEX}{{64}}",
        },
    ),
    (
        "Operations: docs of Grafana, New Relic, Datadog, Sentry (docs.sentry.io/account/"
        "auth-tokens), PostHog, Dynatrace, Honeycomb, Sourcegraph (sourcegraph.com/docs/cli/"
        "how-tos/creating_an_access_token), SonarQube, Buildkite, CircleCI, Harness, Octopus, "
        "Linear, Postman, Atlassian, Tailscale, Doppler, Pulumi, Infracost, Snyk; rules",
        {
            "glsa_": rf"{ALNUM}{{32}}_[A-Fa-f0-9]{{8}}",
            "glc_": r"[A-Za-z0-9+/]{32,400}={0,2}",
            "NRAK-": r"[A-Z0-9]{27}",
            "NRJS-": rf"{HEX}{{19}}",
            "NRII-": rf"{WORD}{{32}}",
            "NRRA-": rf"{HEX}{{42}}",
            "ddp_": rf"{ALNUM}{{36}}",
            "sntry": r"[su]_[A-Za-z0-9+/=_]{40,400}",
            "phc_": rf"{WORD}{{40,60}}",
            "phx_": rf"{WORD}{{40,60}}",
            "dt0": r"[cs][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}",
            "hcaik_": rf"{ALNUM}{{50,70}}",
            "hcxik_": rf"{ALNUM}{{50,70}}",
            "sgp_": r"(?:[a-fA-F0-9]{16}_|local_)?[a-fA-F0-9]{40}",
            "slk_": r"[a-fA-F0-9]{64}",
            "squ_": rf"{HEX}{{40}}",
            "sqp_": rf"{HEX}{{40}}",
            "sqa_": rf"{HEX}{{40}}",
            "bkua_": r"[a-z0-9]{40}",
            "CCIPAT_": rf"{ALNUM}{{20,30}}_{HEX}{{40}}",
            "pat.": rf"{WORD}{{22}}\.{ALNUM}{{24}}\.{ALNUM}{{20}}",
            "sat.": rf"{WORD}{{22}}\.{ALNUM}{{24}}\.{ALNUM}{{20}}",
            "API-": r"[A-Z0-9]{26,36}",
            "lin_api_": rf"{ALNUM}{{40}}",
            "lin_oauth_": rf"{HEX}{{64}}",
            "PMAK-": rf"{HEX}{{24}}-{HEX}{{34}}",
            "ATATT3": r"[A-Za-z0-9_=-]{100,300}",
            "ATCTT3": r"[A-Za-z0-9_=-]{100,300}",
            "ATBB": rf"{ALNUM}{{32}}",
            "tskey-": rf"[a-z]{{3,10}}-{ALNUM}{{8,32}}-{ALNUM}{{20,64}}",
            "dp.": r"(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{40,64}",
            "pul-": rf"{HEX}{{40}}",
            "ico-": rf"{ALNUM}{{32}}",
            "snyk_": r"(?:uat|sat)\.[a-f0-9]{8}\.[A-Za-z0-9._-]{40,400}",
        },
    ),
    (
        "Vaults and identity: docs of HashiCorp Vault, 1Password, age, OpenShift, Okta, Clerk, "
        "WorkOS, Stytch, SettleMint, Scanning services; rules",
        {
            "hvs.": rf"{WORD}{{24,300}}",
            "hvb.": rf"{WORD}{{24,300}}",
            "hvr.": rf"{WORD}{{24,300}}",
            "A3-": r"[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}",
            "ops_eyJ": r"[A-Za-z0-9+/_-]{200,1500}={0,2}",
            "AGE-SECRET-KEY-1": r"[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
            "sha256~": rf"{WORD}{{43}}",
            "sm_": r"[aps]at_[A-Za-z0-9]{16}",
            "live_": rf"(?=[a-z]{{0,40}}[0-9]){HEX}{{35}}",
            "test_": rf"(?=[a-z]{{0,40}}[0-9]){HEX}{{35}}",
            "ocp_": rf"{WORD}{{30,64}}",
            "v1.0-": rf"{HEX}{{24}}-{HEX}{{146}}",
        },
    ),
)

BEGINNINGS = {start: rest for _, forms in DOCUMENTED for start, rest in forms.items()}

SHAPES = (
    # docs of Telegram, Discord, Mailchimp, HashiCorp, Azure storage and AI, Google OAuth; rules
    (r"[0-9](?<![A-Za-z0-9_].)[0-9]{7,9}:AA[A-Za-z0-9_-]{32,34}", ":AA"),
    (
        r"[MNO](?<![A-Za-z0-9_/+.-].)[A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}",
        ".",
    ),
    (r"[0-9a-f](?<![A-Za-z0-9_-].)[0-9a-f]{31}-us[0-9]{1,2}", "-us"),
    (r"[A-Za-z0-9](?<![A-Za-z0-9].)[A-Za-z0-9]{13}\.atlasv1\.[A-Za-z0-9_=-]{60,70}", ".atlasv1."),
    (r"[A-Za-z0-9+/](?<![A-Za-z0-9+/-].)[A-Za-z0-9+/]{85}==", "=="),
    (
        r"[A-Za-z0-9](?<![A-Za-z0-9].)[A-Za-z0-9]{51}JQQJ99[A-Za-z0-9]{10}AC[A-Za-z0-9]{16}",
        "JQQJ99",
    ),
    (r"1//(?<![A-Za-z0-9_/-]1//)[0-9A-Za-z_-]{40,120}", "1//"),
    # Microsoft Entra, MaxMind; rules
    (
        r"[A-Za-z0-9_~.](?<![A-Za-z0-9_~.-].)[A-Za-z0-9_~.]{2}[0-9]Q~[A-Za-z0-9_~.-]{31,34}",
        "Q~",
    ),
    (r"[A-Za-z0-9](?<![A-Za-z0-9_].)[A-Za-z0-9]{5}_[A-Za-z0-9]{29}_mmk", "_mmk"),
)
"""Forms that begin like anything else, and what is always in them."""
