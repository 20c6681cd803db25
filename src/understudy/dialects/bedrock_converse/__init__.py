"""Amazon Bedrock's Converse and ConverseStream, both ways.

Sources: the service model of botocore 1.43 (bedrock-runtime, 2023-09-30); Amazon Bedrock API
reference, "Converse", "ConverseStream" (2026).
"""

from understudy.dialects.bedrock_converse.dialect import DIALECT, BedrockConverse

__all__ = ["DIALECT", "BedrockConverse"]
