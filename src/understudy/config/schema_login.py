"""What may stand in a provider's `login` table: who we are to its cloud. No behaviour."""

from typing import Annotated

import msgspec

from understudy.config.schema_route import Text, about
from understudy.config.values import BaseUrl, SecretSource


class LoginTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who we are to a cloud, where `auth` is `aws`, `entra` or `google`.

    What is left out is looked for as the cloud's own SDK looks for it: in its environment
    variables, its files, and where the machine runs. All of it is fetched, and renewed before it
    ends, beside requests.
    """

    profile: Annotated[
        Text | None, about("aws: the profile of the shared files (`~/.aws/config`).")
    ] = None
    role: Annotated[
        Text | None, about("aws: the ARN of a role that is assumed with what was found.")
    ] = None
    service: Annotated[
        Text | None, about("aws: the service that is signed for, where the kind does not say it.")
    ] = None
    tenant: Annotated[Text | None, about("entra: the tenant's id.")] = None
    client_id: Annotated[
        Text | None,
        about("entra: the application's id; without `client_secret` that of a managed identity."),
    ] = None
    client_secret: Annotated[
        SecretSource | None, about("entra: where the application's secret is, `env:` or `file:`.")
    ] = None
    authority: Annotated[
        BaseUrl | None, about("entra: where tokens are asked for, for clouds of their own.")
    ] = None
    credentials_file: Annotated[
        Text | None,
        about(
            "google: a file with a service account or with workload identity federation; relative "
            "to the configuration's folder."
        ),
    ] = None
    scope: Annotated[
        Text | None, about("entra, google: what the token is for, where the kind does not say it.")
    ] = None
