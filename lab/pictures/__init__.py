"""Pictures from people, made safe and small before anything keeps or shows them."""
