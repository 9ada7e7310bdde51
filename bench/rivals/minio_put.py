"""The same file straight into MinIO by its own client. Arguments: file, `http://user:password@host:port`. Prints the seconds of the put alone."""

import sys
import time
from urllib.parse import urlsplit

from minio import Minio

file, url = sys.argv[1:]
parts = urlsplit(url)
client = Minio(endpoint=f"{parts.hostname}:{parts.port}", access_key=parts.username, secret_key=parts.password, secure=False)
if not client.bucket_exists(bucket_name="rowmill-bench"):
    client.make_bucket(bucket_name="rowmill-bench")
started = time.perf_counter()
client.fput_object(bucket_name="rowmill-bench", object_name="products.csv", file_path=file)
sys.stdout.write(f"{time.perf_counter() - started:.4f}\n")
