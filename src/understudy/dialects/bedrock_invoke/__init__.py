"""Amazon Bedrock's InvokeModel and InvokeModelWithResponseStream around a lab's own dialect.

Only the envelope is known here: model and streaming in the path, a version in the body, events in
binary messages, errors as AWS says them. What it holds is the business of the dialect inside,
which is given (`catalog`).

Sources: Amazon Bedrock user guide, "Anthropic Claude Messages API" (2026); the service model of
botocore (bedrock-runtime, 2023-09-30).
"""

from understudy.dialects.bedrock_invoke.dialect import BedrockInvoke

__all__ = ["BedrockInvoke"]
