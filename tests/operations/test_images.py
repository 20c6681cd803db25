import pytest

from understudy.operations.images import Picture


@pytest.mark.parametrize(
    ("picture", "octets"),
    [
        (Picture("AAE="), b"\x00\x01"),
        (Picture(url="data:image/png;base64,AAE="), b"\x00\x01"),
        (Picture(url="https://a.example/b.png"), None),
        (Picture("no base64"), None),
        (Picture(), None),
    ],
)
def test_the_bytes_of_a_picture_where_they_are_here(picture: Picture, octets: bytes | None):
    assert picture.octets == octets
