"""A stream of one picture, from OpenAI's API reference, "Image Streaming" (November 2026)."""

_REST = (
    b'"created_at":1,"size":"1024x1024","quality":"high","background":"opaque",'
    b'"output_format":"png"'
)
DRAWN = (
    b'event: image_generation.partial_image\ndata: {"type":"image_generation.partial_image",'
    b'"b64_json":"AAAA","partial_image_index":0,' + _REST + b"}\n\n"
    b'event: image_generation.completed\ndata: {"type":"image_generation.completed",'
    b'"b64_json":"BBBB",'
    + _REST
    + b',"usage":{"total_tokens":8,"input_tokens":3,"output_tokens":5,'
    b'"input_tokens_details":{"text_tokens":3,"image_tokens":0}}}\n\n'
)
