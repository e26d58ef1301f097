"""The one way out of the product: HTTP requests to other hosts, judged by the address they are made to."""
