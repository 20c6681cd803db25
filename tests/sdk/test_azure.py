"""Azure's client, which OpenAI's official package has, against the real gateway."""

import openai

from tests.sdk.setting import KEY, Setting, expected_chat, texts, user


def test_an_application_of_azures_needs_another_address_and_nothing_else(setting: Setting) -> None:
    prompt = user("from a deployment")
    azure = openai.AzureOpenAI(
        azure_endpoint=setting.url, api_key=KEY, api_version="2024-10-21", max_retries=0
    )
    with azure:
        said = azure.chat.completions.create(model="chat", messages=prompt)
        assert said.choices[0].message.content == expected_chat(prompt)
        with azure.chat.completions.create(model="chat", messages=prompt, stream=True) as stream:
            assert texts(list(stream)) == expected_chat(prompt)
        answer = azure.responses.create(model="chat", input="from a response")
        assert answer.output_text == expected_chat(user("from a response"))
        assert "chat" in {model.id for model in azure.models.list()}
    fixed = openai.AzureOpenAI(
        azure_endpoint=setting.url,
        azure_deployment="chat",
        api_key=KEY,
        api_version="2024-10-21",
        max_retries=0,
    )
    with fixed:  # what it calls the model is for its owner to know
        said = fixed.chat.completions.create(model="gpt-4o", messages=prompt)
        assert said.choices[0].message.content == expected_chat(prompt)
