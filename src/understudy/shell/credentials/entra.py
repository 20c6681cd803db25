"""Microsoft Entra: a token for a service principal, a workload or a managed identity, by the chain
that azure-identity has. Only imported where the extra is installed.
"""

from azure.core.exceptions import AzureError as CloudError
from azure.identity import ClientSecretCredential
from azure.identity import DefaultAzureCredential as StandardChain

from understudy.config.login import Login
from understudy.shell.credentials.fetched import Bearer, Fetched, Unfetched

_RETRIES = 2
_CONNECT = 5
_READ = 10
"""Seconds. The library would try for minutes."""


def fetch(login: Login) -> Fetched:
    """Fetch a token anew: the library's own cache lasts for one fetch. Raises: Unfetched."""
    try:
        with _credential(login) as credential:
            token = credential.get_token(login.scope)
    except (CloudError, ValueError) as error:
        raise Unfetched(_words(error)) from None
    signs = Bearer({"authorization": f"Bearer {token.token}"})
    whose = "the standard chain" if login.client_secret is None else f"client {login.client_id}"
    return Fetched(signs, (token.token,), float(token.expires_on), whose)


def _credential(login: Login) -> ClientSecretCredential | StandardChain:
    options: dict[str, object] = {
        "retry_total": _RETRIES,
        "connection_timeout": _CONNECT,
        "read_timeout": _READ,
    }
    if login.authority is not None:
        # A cloud of one's own is not in the public list that the library would look it up in.
        options.update(authority=login.authority, disable_instance_discovery=True)
    if login.client_secret is not None and login.tenant and login.client_id:
        secret = login.client_secret.reveal()
        return ClientSecretCredential(login.tenant, login.client_id, secret, **options)
    if login.client_id is not None:
        options["managed_identity_client_id"] = login.client_id
    if login.tenant is not None:
        options["workload_identity_tenant_id"] = login.tenant
    return StandardChain(**options)


def _words(error: Exception) -> str:
    """Return what the library says without its advice, which is a page long."""
    lines = [line.strip() for line in str(error).splitlines()]
    said = [line for line in lines if line and not line.startswith(("To mitigate", "Visit"))]
    unavailable = [line for line in said[1:] if ": " in line]
    return "; ".join([said[0].rstrip(".:") if said else type(error).__name__, *unavailable])
