from understudy.config.errors import ConfigError as ConfigError
from understudy.shell.transport import Transport as Transport

__version__: str
