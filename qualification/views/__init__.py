"""What each surface shows: frozen values beside the code that reads them."""
